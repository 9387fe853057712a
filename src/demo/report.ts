// What the demo counts, by event id, and the table it prints. Nothing here sends, waits or reads a clock.

/** One event that the gateway acknowledged. */
export interface PublishedEvent {
  readonly id: string;
  /** When publishing began, in milliseconds since 1970. */
  readonly sentAtMs: number;
}

/** One telling of an event, by webhook or over the socket. */
export interface Arrival {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** Everything that was seen. */
export interface Observations {
  readonly eventTypes: number;
  /** Payloads that their schema does not allow. */
  readonly refused: number;
  readonly published: readonly PublishedEvent[];
  /** Webhooks as they came in at the demo's own receiver. */
  readonly webhooks: readonly (Arrival & { readonly isVerified: boolean })[];
  readonly streamed: readonly Arrival[];
  /** Deliveries that the gateway recorded as successful. */
  readonly recorded: readonly Arrival[];
  /** When the live client was away, in milliseconds since 1970; zeros when it never was. */
  readonly away: { readonly fromMs: number; readonly untilMs: number };
  /** Where webhooks went when it was not to the demo's own receiver; what is recorded stands for them then. */
  readonly foreignUrl: string | null;
}

/** The counts of the table. */
export interface Report {
  readonly eventTypes: number;
  readonly refused: number;
  readonly published: number;
  readonly delivered: number;
  readonly verified: number;
  readonly recorded: number;
  readonly streamed: number;
  /** Events that the live client missed while it was away and got when it resumed. */
  readonly caughtUp: number;
  /** Tellings that are missing: published events times two ways, less those that came. */
  readonly lost: number;
  /** Tellings of an event beyond the first, on each way. */
  readonly duplicates: number;
  readonly webhookLatency: Latency;
  readonly liveLatency: Latency;
  readonly foreignUrl: string | null;
}

/** Percentiles in milliseconds; null without a sample. */
export interface Latency {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** Counts what was seen. Only ids that were published count; an id counts once on each way. */
export function countUp(seen: Observations): Report {
  const sentAt = new Map(seen.published.map(({ id, sentAtMs }) => [id, sentAtMs]));
  const arrived = seen.foreignUrl === null ? seen.webhooks : seen.recorded.map((one) => ({ ...one, isVerified: true }));
  const webhooks = firstOfEach(arrived, sentAt);
  const streamed = firstOfEach(seen.streamed, sentAt);
  const missedAway = (id: string): boolean => {
    const sentAtMs = sentAt.get(id) ?? 0;
    const arrivedAtMs = streamed.get(id)?.atMs ?? 0;
    return sentAtMs < seen.away.untilMs && arrivedAtMs >= seen.away.untilMs;
  };
  const live = [...streamed.values()].filter(({ id }) => !missedAway(id));
  return {
    eventTypes: seen.eventTypes,
    refused: seen.refused,
    published: sentAt.size,
    delivered: webhooks.size,
    verified: [...webhooks.values()].filter(({ isVerified }) => isVerified).length,
    recorded: firstOfEach(seen.recorded, sentAt).size,
    streamed: streamed.size,
    caughtUp: streamed.size - live.length,
    lost: 2 * sentAt.size - webhooks.size - streamed.size,
    duplicates: arrived.length - webhooks.size + seen.streamed.length - streamed.size,
    webhookLatency: toLatency([...webhooks.values()], sentAt),
    liveLatency: toLatency(live, sentAt),
    foreignUrl: seen.foreignUrl,
  };
}

/** True when every published event was told on both ways, with a right signature, and recorded as told. */
export function isComplete(report: Report): boolean {
  const { published, verified, recorded, lost } = report;
  return published > 0 && lost === 0 && verified === published && recorded === published;
}

/** The table, with a line break at its end. */
export function renderReport(report: Report): string {
  const own = report.foreignUrl === null;
  const rows: readonly (readonly [string, string, string])[] = [
    ['event types', count(report.eventTypes), "with GitHub's published JSON Schemas"],
    ['refused', count(report.refused), "of GitHub's example payloads do not match GitHub's schema"],
    ['published', count(report.published), 'acknowledged by the gateway'],
    [
      'delivered',
      count(report.delivered),
      own ? 'webhooks at a receiver in another process' : 'webhooks sent to --url',
    ],
    [
      'verified',
      count(report.verified),
      own ? 'signatures, by the library standardwebhooks' : "from the gateway's delivery statuses, signatures unseen",
    ],
    ['recorded', count(report.recorded), 'deliveries that the gateway keeps as SUCCEEDED'],
    [
      'streamed',
      count(report.streamed),
      `live, ${count(report.caughtUp)} of them on resuming after the socket was cut`,
    ],
    ['lost', count(report.lost), 'by webhook or live'],
    ['duplicates', count(report.duplicates), 'told again by webhook or live'],
  ];
  const lines = rows.map(([label, value, note]) => `  ${label.padEnd(20)}${value.padStart(8)}   ${note}`);
  lines.push('', `  ${'latency'.padEnd(20)}${'p50'.padStart(8)}${'p99'.padStart(10)}`);
  lines.push(renderLatency('publish -> webhook', report.webhookLatency));
  lines.push(renderLatency('publish -> live', report.liveLatency));
  return `${lines.join('\n')}\n`;
}

function renderLatency(label: string, { p50Ms, p99Ms }: Latency): string {
  const show = (ms: number | null): string => (ms === null ? '-' : `${ms} ms`);
  return `  ${label.padEnd(20)}${show(p50Ms).padStart(8)}${show(p99Ms).padStart(10)}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function firstOfEach<T extends Arrival>(
  arrivals: readonly T[],
  published: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, T> {
  const first = new Map<string, T>();
  for (const arrival of arrivals) {
    if (published.has(arrival.id) && !first.has(arrival.id)) first.set(arrival.id, arrival);
  }
  return first;
}

function toLatency(arrivals: readonly Arrival[], sentAt: ReadonlyMap<string, number>): Latency {
  const sorted = arrivals.map(({ id, atMs }) => atMs - (sentAt.get(id) ?? atMs)).sort((a, b) => a - b);
  const at = (share: number): number | null => sorted[Math.ceil(sorted.length * share) - 1] ?? null;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
