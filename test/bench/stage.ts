// What benches of the whole product share: a gateway with one event type, and bodies of about 1 KB.
import { join } from 'node:path';
import { type GatewayProcess, startGateway } from '../../src/demo/gateway-process.js';
import { createEventType } from '../../src/demo/gateway-requests.js';
import type { BenchOptions } from './bench.js';

/** The event type of the benches. */
export const benchType = 'order.created';

const schema = {
  type: 'object',
  required: ['orderId', 'amount', 'currency', 'customer', 'lines'],
  properties: {
    orderId: { type: 'string', minLength: 1 },
    amount: { type: 'number', minimum: 0 },
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
    customer: {
      type: 'object',
      required: ['id', 'email'],
      properties: { id: { type: 'integer' }, email: { type: 'string' } },
    },
    lines: {
      type: 'array',
      items: {
        type: 'object',
        required: ['sku', 'quantity', 'price'],
        properties: {
          sku: { type: 'string' },
          quantity: { type: 'integer', minimum: 1 },
          price: { type: 'number' },
        },
      },
    },
    note: { type: 'string' },
  },
};

/** An order whose JSON has so many bytes, 1,024 or more. */
export function benchData(bytes = 1024): Record<string, unknown> {
  const lines = Array.from({ length: 8 }, (_, index) => ({
    sku: `SKU-${1000 + index}`,
    quantity: 1 + index,
    price: 9.75,
  }));
  const data = {
    orderId: 'ord_8f2c51d0',
    amount: 351,
    currency: 'EUR',
    customer: { id: 48_151, email: 'somebody@example.com' },
    lines,
    note: '',
  };
  return { ...data, note: 'x'.repeat(bytes - JSON.stringify(data).length) };
}

/** Starts a gateway that knows the event type. The caller stops it. */
export async function startBenchGateway({ folder, nodeOptions }: BenchOptions, name: string): Promise<GatewayProcess> {
  const { signal } = new AbortController();
  const gateway = await startGateway({ dataDir: join(folder, name), signal, nodeOptions });
  try {
    await createEventType(gateway, benchType, schema);
    return gateway;
  } catch (error) {
    await gateway.stop();
    throw error;
  }
}
