// Triggers that must be refused: every mistake named by its field, and nothing written.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType } from '../kit/graphql-client.js';

let gateway: Gateway;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'anything' });
});

after(() => gateway.stop());

const github = { github: { secret: 'key' } };
const good = { name: 'good', eventType: 'anything', configuration: { inboundWebhook: { verification: github } } };
const webhook = (inboundWebhook: object): object => ({ configuration: { inboundWebhook } });
const scheme = (verification: object): object => webhook({ verification });
const under = 'input.configuration.inboundWebhook';
const long = 'x'.repeat(513);

/** Changes of a good trigger, with the code and the field of the refusal. */
const cases: readonly (readonly [changes: object, code: string, field: string])[] = [
  [{ name: 'Upper' }, 'NAME_INVALID', 'input.name'],
  [{ name: '' }, 'NAME_INVALID', 'input.name'],
  [{ name: 'x'.repeat(129) }, 'NAME_INVALID', 'input.name'],
  [{ eventType: null }, 'INVALID_INPUT', 'input.eventType'],
  [{ eventType: 'no.such' }, 'EVENT_TYPE_UNKNOWN', 'input.eventType'],
  [{ application: 'app_000000000000000000000000' }, 'NOT_FOUND', 'input.application'],
  [{ mapping: { type: '' } }, 'INVALID_INPUT', 'input.mapping.type'],
  [{ mapping: { data: 'body.[' } }, 'INVALID_INPUT', 'input.mapping.data'],
  [{ mapping: { subject: `"${'x'.repeat(4096)}"` } }, 'INVALID_INPUT', 'input.mapping.subject'],
  [scheme({ github: { secret: '' } }), 'INVALID_INPUT', `${under}.verification.github.secret`],
  [scheme({ github: { secret: long } }), 'INVALID_INPUT', `${under}.verification.github.secret`],
  [scheme({ gitlab: { token: '' } }), 'INVALID_INPUT', `${under}.verification.gitlab.token`],
  [
    scheme({ stripe: { secret: 'a', toleranceSeconds: 0 } }),
    'INVALID_INPUT',
    `${under}.verification.stripe.toleranceSeconds`,
  ],
  [scheme({ standardWebhooks: { secret: 'a' } }), 'INVALID_INPUT', `${under}.verification.standardWebhooks.secret`],
  [scheme({ twilio: { authToken: 'a', url: 'no' } }), 'INVALID_INPUT', `${under}.verification.twilio.url`],
  [scheme({ hmac: { secret: 'a', header: 'a b' } }), 'INVALID_INPUT', `${under}.verification.hmac.header`],
  [
    scheme({ hmac: { secret: 'a', header: 'a', algorithm: 'md5' } }),
    'INVALID_INPUT',
    `${under}.verification.hmac.algorithm`,
  ],
  [
    scheme({ hmac: { secret: 'a', header: 'a', encoding: 'hex2' } }),
    'INVALID_INPUT',
    `${under}.verification.hmac.encoding`,
  ],
  [
    scheme({ hmac: { secret: 'a', header: 'a', template: 'x' } }),
    'INVALID_INPUT',
    `${under}.verification.hmac.template`,
  ],
  [
    scheme({ hmac: { secret: 'a', header: 'a', timestampHeader: 't', template: '{body}' } }),
    'INVALID_INPUT',
    `${under}.verification.hmac.template`,
  ],
  [scheme({ none: { accept: false } }), 'INVALID_INPUT', `${under}.verification.none.accept`],
  [webhook({ verification: github, deliveryIdHeader: 'a b' }), 'INVALID_INPUT', `${under}.deliveryIdHeader`],
  [webhook({ verification: github, cloudEventsOrigins: ['a/b'] }), 'INVALID_INPUT', `${under}.cloudEventsOrigins`],
  [webhook({ verification: github, metaVerifyToken: '' }), 'INVALID_INPUT', `${under}.metaVerifyToken`],
];

const create = `mutation ($input: CreateTriggerInput!) {
  createTrigger(input: $input) { trigger { id } userErrors { code field message } }
}`;

test('every wrong trigger is refused by the name of its field, and none is written', async () => {
  for (const [changes, code, field] of cases) {
    const { createTrigger } = await gateway.request(create, { input: { ...good, ...changes } });
    const [error] = createTrigger.userErrors;
    assert.deepEqual([error?.code, error?.field, createTrigger.trigger], [code, field, null], JSON.stringify(changes));
    assert.ok(!error?.message.includes(long));
  }
  const { triggers } = await gateway.request('{ triggers { nodes { id } } }');
  assert.deepEqual(triggers.nodes, []);
});

test('two schemes at once are refused by the schema itself', async () => {
  const { errors } = await gateway.send(create, {
    input: { ...good, ...scheme({ ...github, bearer: { token: 'a' } }) },
  });
  assert.equal(errors.length, 1);
});

test('an event type that a trigger names cannot be deleted; a trigger that is not there cannot be changed or fired', async () => {
  const { createTrigger } = await gateway.request(create, { input: good });
  assert.deepEqual(createTrigger.userErrors, []);
  const { deleteEventType } = await gateway.request(
    'mutation { deleteEventType(input: { name: "anything" }) { userErrors { code message } } }',
  );
  assert.equal(deleteEventType.userErrors[0]?.code, 'IN_USE');
  const id = 'trg_000000000000000000000000';
  const missing = await gateway.request(
    `mutation ($id: ID!) {
      updateTrigger(input: { id: $id, enabled: false }) { userErrors { code field } }
      deleteTrigger(input: { id: $id }) { userErrors { code field } }
      fireTrigger(input: { trigger: $id }) { userErrors { code field } }
    }`,
    { id },
  );
  assert.deepEqual(missing, {
    updateTrigger: { userErrors: [{ code: 'NOT_FOUND', field: 'input.id' }] },
    deleteTrigger: { userErrors: [{ code: 'NOT_FOUND', field: 'input.id' }] },
    fireTrigger: { userErrors: [{ code: 'NOT_FOUND', field: 'input.trigger' }] },
  });
});
