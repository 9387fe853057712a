// What a body format is. The formats themselves have a file each; the list of them is payload-formats.ts.

/** As much of an event as a body can show. */
export interface RenderableEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string | null;
  /** When it happened. */
  readonly time: Date;
  /** Any JSON value. */
  readonly data: unknown;
  /** `data` as JSON text, where the caller has it already: it is copied as it is and `data` is not looked at. */
  readonly dataJson?: string;
  /** Position in the log of events. */
  readonly sequence: number;
}

/** A request body, ready to be signed and sent. */
export interface RenderedPayload {
  /** The `content-type` header. */
  readonly contentType: string;
  readonly body: Buffer;
}

/** Makes request bodies of events. The same event gives the same bytes, so that a retry repeats what was sent before. */
export interface PayloadFormat {
  /** As in the API, `SCREAMING`. */
  readonly name: string;
  /** Never throws for an event whose data is JSON. */
  render(event: RenderableEvent): RenderedPayload;
}
