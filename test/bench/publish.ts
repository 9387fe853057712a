// Bench `publish`: events acknowledged, one to a mutation, against the same HTTP server answering a constant.
import type { Bench } from './bench.js';
import { measureAgainstConstant } from './constant-sides.js';
import { benchData, benchType } from './stage.js';

const inFlight = 64;

/** Bench `publish`. */
export const publishBench: Bench = {
  name: 'publish',
  unit: 'events/s',
  product: `publishEvent with 1 KB of data, durable, ${inFlight} in flight over kept connections`,
  baseline: 'the same request to the same HTTP server that answers a constant',
  better: 'higher',
  bar: 0.35,
  goal: 0.6,
  run: (options) =>
    measureAgainstConstant(options, {
      name: 'publish',
      inFlight,
      prepare: async ({ key }) => ({
        path: '/graphql',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: body(),
        expected: '"userErrors":[]',
      }),
    }),
};

function body(): string {
  const query = `mutation PublishEvent($input: PublishEventInput!) {
    publishEvent(input: $input) { event { id } userErrors { code field message } }
  }`;
  return JSON.stringify({ query, variables: { input: { type: benchType, data: benchData() } } });
}
