// Bench `inbound-webhook`: signed webhooks verified, mapped and durable, against the same HTTP server answering a constant.
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { GatewayProcess } from '../../src/demo/gateway-process.js';
import type { Bench } from './bench.js';
import { type BenchRequest, measureAgainstConstant } from './constant-sides.js';
import { benchData, benchType } from './stage.js';

/**
 * So many senders at a time that more would not raise the rate: an answer waits for the disk, and what the server can take shows
 * only when enough of them wait together. With fewer it is the disk that is measured; that is told beside it.
 */
const inFlight = 256;
const alsoInFlight = 64;

/** Bench `inbound-webhook`. */
export const inboundWebhookBench: Bench = {
  name: 'inbound-webhook',
  unit: 'events/s',
  product: `webhooks of 1 KB signed as GitHub does, verified, mapped, durable, ${inFlight} in flight over kept connections`,
  baseline: 'the same request to the same HTTP server that answers a constant',
  better: 'higher',
  bar: 0.25,
  goal: 0.5,
  run: (options) => measureAgainstConstant(options, { name: 'inbound-webhook', inFlight, alsoInFlight, prepare }),
};

const secret = 'a secret of the bench';

/** Without a delivery id, each request is an event of its own. */
async function prepare(gateway: GatewayProcess): Promise<BenchRequest> {
  const { created } = await gateway.ask(
    `mutation CreateTrigger($input: CreateTriggerInput!) {
      created: createTrigger(input: $input) { trigger { id } userErrors { code field message } }
    }`,
    {
      input: {
        name: 'bench',
        eventType: benchType,
        mapping: { data: 'body', subject: 'body.orderId' },
        configuration: { inboundWebhook: { verification: { github: { secret } } } },
      },
    },
    z.object({ created: z.object({ trigger: z.object({ id: z.string() }) }) }),
  );
  const body = JSON.stringify(benchData());
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return {
    path: `/triggers/${created.trigger.id}`,
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
    body,
    expected: '"duplicate":false',
  };
}
