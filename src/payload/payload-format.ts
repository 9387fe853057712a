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
  /** Headers that belong to the format, besides `content-type`; lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Makes request bodies of events. The same event gives the same bytes, so that a retry repeats what was sent before. */
export interface PayloadFormat {
  /** As in the API, `SCREAMING`. */
  readonly name: string;
  /** True when the content type says nothing but what the body is written in, so that another one may be set. */
  readonly takesContentType: boolean;
  /** Throws `TOO_LARGE` for data that the format cannot hold: too many fields, nested too deep. */
  render(event: RenderableEvent): RenderedPayload;
}

/** The data of an event as JSON text. Never throws for data that is JSON. */
export function dataJsonOf(event: RenderableEvent): string {
  // Not taken apart: `data` is parsed when it is read.
  return event.dataJson ?? JSON.stringify(event.data) ?? 'null';
}
