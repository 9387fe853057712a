// Metrics in the text format of Prometheus at /metrics. Rooms count for themselves, in plain numbers; these are read when
// somebody asks, so that counting costs nothing.
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** One number, or several told apart by a label. */
export interface Metric {
  /** With its unit, such as `carillon_live_bytes_total`. */
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  /** Null for a single number. */
  readonly label: string | null;
  /** Values by the label's value; the key of a single number does not matter. Must not throw. */
  readonly read: () => ReadonlyMap<string, number>;
}

/** `GET /metrics`, no credential needed: it says how much, never what or whose. */
export function registerMetrics(server: FastifyInstance, metrics: readonly Metric[]): void {
  const register = new Registry();
  collectDefaultMetrics({ register });
  for (const metric of metrics) addMetric(register, metric);
  server.get('/metrics', async (_request, reply) => reply.type(register.contentType).send(await register.metrics()));
}

function addMetric(register: Registry, { name, help, kind, label, read }: Metric): void {
  const options = { name, help, registers: [register], labelNames: label === null ? [] : [label] };
  const labels = (value: string): Record<string, string> => (label === null ? {} : { [label]: value });
  if (kind === 'gauge') {
    const gauge = new Gauge({
      ...options,
      collect() {
        gauge.reset();
        for (const [value, number] of read()) gauge.set(labels(value), number);
      },
    });
    return;
  }
  const counter = new Counter({
    ...options,
    collect() {
      counter.reset();
      for (const [value, number] of read()) counter.inc(labels(value), number);
    },
  });
}
