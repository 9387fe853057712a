// Inputs that must be refused, run against a real gateway: each answers its code, its field and the limit, and leaves
// nothing behind. The cases themselves are in the tests.
import assert from 'node:assert/strict';
import { isNonNullType } from 'graphql';
import type { ShownUserError } from '../../src/graphql/errors.js';
import { createSchema } from '../../src/graphql/schema.js';
import type { Gateway } from './gateway.js';

/** A mutation that is refused: its input, code and field, and what the message says. */
export type MutationCase = readonly [name: string, input: object, code: string, field: string, message?: RegExp];

const schema = createSchema();

/** Everything there is, to see that nothing was written. */
export function readEverything(gateway: Gateway): Promise<unknown> {
  return gateway.request(`{
    eventTypes(first: 100) { nodes { id name version status description schema example updatedAt } }
    applications(first: 100) { nodes { id name externalId updatedAt } }
    apiKeys(first: 100) { nodes { id revokedAt } }
    webhookSubscriptions(first: 100) { nodes {
      id name url status eventTypes filter headers { name value } updatedAt
      targets { url weight } targetStrategy timeoutMs rateLimit { perSecond burst } maxConcurrency ordering
      whenExhausted whilePaused disableAfterSeconds
      retryPolicy { delaysSeconds jitter deadlineSeconds successStatuses neverRetriedStatuses maxRetryAfterSeconds }
    } }
    replays(first: 100) { nodes { id } }
    events(first: 100) { nodes { id sequence deliveries { nodes { id } } } }
  }`);
}

/** Calls a mutation and asks for every field of its payload, objects by their type name. */
export async function callMutation(
  gateway: Gateway,
  name: string,
  input: unknown,
): Promise<{ readonly userErrors: readonly ShownUserError[]; readonly rest: Readonly<Record<string, unknown>> }> {
  const field = schema.getMutationType()?.getFields()[name] ?? assert.fail(name);
  const payload = isNonNullType(field.type) ? field.type.ofType : field.type;
  const fields = 'getFields' in payload ? Object.values(payload.getFields()) : assert.fail();
  const selection = fields.map(({ name: part, type }) => {
    if (part === 'userErrors') return 'userErrors { code field message }';
    return /^(ID|String|Boolean|DateTime|\[ID!\]!)!?$/.test(String(type)) ? part : `${part} { __typename }`;
  });
  const document = `mutation ($input: ${String(field.args[0]?.type)}) {
    ${name}(input: $input) { ${selection.join(' ')} }
  }`;
  const answers: unknown = await gateway.request(document, { input });
  const { userErrors, ...rest } = Object(Reflect.get(Object(answers), name));
  return { userErrors: Array.isArray(userErrors) ? userErrors : [], rest };
}

/** Calls a mutation and sees that it is refused, with one user error and an otherwise empty payload. */
export async function assertRefused(gateway: Gateway, one: MutationCase): Promise<void> {
  const [name, input, code, field, message] = one;
  const { userErrors, rest } = await callMutation(gateway, name, input);
  const [error, ...others] = userErrors;
  const note = `${name} ${shorten(input)}`;
  assert.deepEqual([error?.code, error?.field, others], [code, field, []], note);
  assert.match(error?.message ?? '', message ?? /./, note);
  assert.ok((error?.message.length ?? 0) < 1200, `${note} answers a very long message`);
  const written = Object.entries(rest).filter(([, value]) => value !== null && value !== false && !isEmptyList(value));
  assert.deepEqual(written, [], note);
}

/** Runs all cases and sees that everything is as it was. */
export async function assertAllRefused(gateway: Gateway, cases: readonly MutationCase[]): Promise<void> {
  const was = await readEverything(gateway);
  for (const one of cases) await assertRefused(gateway, one);
  assert.deepEqual(await readEverything(gateway), was);
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** A value as the note of an assertion. */
export const shorten = (value: unknown): string => JSON.stringify(value).slice(0, 300);

/** That many times the letter x. */
export const long = (length: number): string => 'x'.repeat(length);

/** `inner` wrapped that many times. */
export function nest(depth: number, wrap: (inner: unknown) => unknown, inner: unknown): unknown {
  return depth === 0 ? inner : nest(depth - 1, wrap, wrap(inner));
}
