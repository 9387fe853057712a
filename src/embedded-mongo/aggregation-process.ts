// The process that mingo works in: takes documents and a pipeline, gives documents. The other side is aggregation.ts.
import { type Document, deserialize, serialize } from 'bson';
import { Aggregator } from 'mingo';

/** What the process is told: documents one behind the other, then the pipeline that is to be run over them. */
export type AggregationRequest =
  | { readonly kind: 'documents'; readonly bytes: Uint8Array }
  | { readonly kind: 'run'; readonly pipeline: Uint8Array; readonly maxResultBytes: number }
  | { readonly kind: 'forget' };

/** What it answers to `run`: chunks of documents one behind the other, then how it ended. */
export type AggregationAnswer =
  | { readonly kind: 'documents'; readonly bytes: Uint8Array }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string; readonly isTooLarge: boolean };

/** The documents that lie one behind the other in a chunk. */
export function* documentsIn(chunk: Uint8Array): Generator<Buffer> {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const end = at + bytes.readInt32LE(at);
    yield bytes.subarray(at, end);
    at = end;
  }
}

let chunks: Uint8Array[] = [];

function* decoded(): Generator<Document> {
  for (const chunk of chunks) for (const document of documentsIn(chunk)) yield deserialize(document, decoding);
}

const decoding = { promoteBuffers: false, useBigInt64: false } as const;
const answer = (message: AggregationAnswer) => process.send?.(message);

/** `$count` as the manual defines it: of no documents it gives none, but mingo gives a zero. */
function expandCounts(pipeline: readonly Document[]): Document[] {
  return pipeline.flatMap((stage) => {
    const { $count: name, $facet: facets } = stage;
    if (name !== undefined) return [{ $group: { _id: null, [String(name)]: { $sum: 1 } } }, { $project: { _id: 0 } }];
    if (facets === undefined) return [stage];
    const expanded = Object.entries(facets as Record<string, Document[]>).map(([key, own]) => [key, expandCounts(own)]);
    return [{ $facet: Object.fromEntries(expanded) as Document }];
  });
}

function run(pipelineBytes: Uint8Array, maxResultBytes: number): AggregationAnswer {
  const { pipeline } = deserialize(pipelineBytes, decoding);
  const aggregator = new Aggregator(expandCounts(pipeline as Document[]), { scriptEnabled: false });
  let results: Uint8Array[] = [];
  let bytes = 0;
  const flush = () => {
    answer({ kind: 'documents', bytes: Buffer.concat(results) });
    results = [];
  };
  for (const result of aggregator.stream(decoded()) as Iterable<Document>) {
    const document = serialize(result, { ignoreUndefined: true });
    bytes += document.length;
    if (bytes > maxResultBytes) return { kind: 'failed', message: 'the result is too large', isTooLarge: true };
    if (results.push(document) === 500) flush();
  }
  flush();
  return { kind: 'done' };
}

process.on('message', (request: AggregationRequest) => {
  if (request.kind === 'documents') {
    chunks.push(request.bytes);
    return;
  }
  try {
    if (request.kind === 'run') answer(run(request.pipeline, request.maxResultBytes));
  } catch (error) {
    answer({ kind: 'failed', message: error instanceof Error ? error.message : String(error), isTooLarge: false });
  }
  chunks = [];
});
