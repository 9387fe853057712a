// graphql-http's published audits of a server, run against /graphql: no errors; what warns, and why, is listed here.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Audit, serverAudits } from 'graphql-http';
import { type Gateway, startGateway } from '../kit/gateway.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway();
});
after(() => gateway.stop());

/** Apollo's status codes for `application/json`, and its refusal of GET forms that a foreign page could send. */
const known: Readonly<Record<string, 'warn' | 'notice'>> = {
  '572B SHOULD use 200 status code on document parsing failure when accepting application/json': 'warn',
  'FDE2 SHOULD use 200 status code on document validation failure when accepting application/json': 'warn',
  '7B9B SHOULD use a status code of 200 on variable coercion failure when accepting application/json': 'warn',
  '5A70 MAY accept application/x-www-form-urlencoded formatted GET requests': 'notice',
  '6A70 MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json': 'notice',
  'D6D5 MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json':
    'notice',
};

test('the audits of graphql-http find no errors', async () => {
  const authorized = (input: Parameters<typeof fetch>[0], init: Parameters<typeof fetch>[1]) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${gateway.adminKey}`);
    return fetch(input, { ...init, headers });
  };
  const audits: Audit[] = serverAudits({ url: `${gateway.url}/graphql`, fetchFn: authorized });
  const results = await Promise.all(audits.map((audit) => audit.fn()));
  const others: Record<string, string> = {};
  for (const result of results) if (result.status !== 'ok') others[`${result.id} ${result.name}`] = result.status;
  assert.ok(results.length > 50);
  assert.deepEqual(others, known);
});
