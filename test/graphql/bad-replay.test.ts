// Replays that must be refused, over real HTTP: each names its code, its field and the limit, and leaves nothing behind.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeCursor } from '../../src/event/cursor.js';
import { type Gateway, startGateway } from '../kit/gateway.js';
import {
  createApplication,
  createEventType,
  createWebhookSubscription,
  openLive,
  publish,
  readHead,
} from '../kit/graphql-client.js';
import { assertAllRefused, assertRefused, callMutation } from '../kit/refusals.js';

let gateway: Gateway;
let webhookSubscription: string;

before(async () => {
  gateway = await startGateway();
  await createEventType(gateway.request, { name: 'anything' });
  webhookSubscription = (await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/' })).id;
  await publish(gateway.request, { type: 'anything', data: 1 });
});

after(() => gateway.stop());

test('a replay is refused for whom it tells, its types, its selection and its range', async () => {
  const cursor = await readHead(gateway.request);
  const foreign = encodeCursor({ logId: '00000000', sequence: 1 });
  const replay = (input: object): object => ({ webhookSubscription, ...input });
  const past = { since: '2020-01-02T00:00:00Z', until: '2020-01-01T00:00:00Z' };
  await assertAllRefused(gateway, [
    ['replayEvents', { webhookSubscription: 'none' }, 'NOT_FOUND', 'input.webhookSubscription'],
    ['replayEvents', { webhookSubscription: `sub_${'0'.repeat(24)}` }, 'NOT_FOUND', 'input.webhookSubscription'],
    ['replayEvents', replay({ types: [] }), 'INVALID_INPUT', 'input.types', /1 to 100/],
    ['replayEvents', replay({ types: Array(101).fill('anything') }), 'INVALID_INPUT', 'input.types', /1 to 100.*101/],
    ['replayEvents', replay({ types: ['anything', 'or der'] }), 'NAME_INVALID', 'input.types.1'],
    ['replayEvents', replay({ types: ['*.created'] }), 'NAME_INVALID', 'input.types.0'],
    ['replayEvents', replay({ status: [] }), 'INVALID_INPUT', 'input.status', /at least one/],
    ['replayEvents', replay({ since: '2999-01-01T00:00:00Z' }), 'INVALID_INPUT', 'input.since', /future/],
    ['replayEvents', replay(past), 'INVALID_INPUT', 'input.until', /after since/],
    ['replayEvents', replay({ ...past, since: past.until }), 'INVALID_INPUT', 'input.until', /after since/],
    ['replayEvents', replay({ after: cursor, since: past.since }), 'INVALID_INPUT', 'input.since', /exclude/],
    ['replayEvents', replay({ after: cursor, until: past.until }), 'INVALID_INPUT', 'input.until', /before/],
    ['replayEvents', replay({ after: foreign }), 'CURSOR_INVALID', 'input.after'],
    ['replayEvents', replay({ after: 'nonsense' }), 'CURSOR_INVALID', 'input.after'],
    ['cancelReplay', { id: 'rpl_none' }, 'NOT_FOUND', 'input.id'],
    ['cancelReplay', { id: webhookSubscription }, 'NOT_FOUND', 'input.id'],
  ]);
});

test('at most ten replays of a webhook subscription run', async () => {
  await gateway.request(
    'mutation ($id: ID!) { pauseWebhookSubscription(input: { id: $id }) { userErrors { code } } }',
    {
      id: webhookSubscription,
    },
  );
  // They would be through at once: on a paused one with more than fits they wait.
  const events = Array.from({ length: 1000 }, (_, n) => ({ type: 'anything', data: n }));
  for (let times = 0; times < 3; times += 1)
    await gateway.request(
      'mutation ($input: PublishEventsInput!) { publishEvents(input: $input) { userErrors { code } } }',
      {
        input: { events },
      },
    );
  const late = (await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/' })).id;
  await gateway.request(
    'mutation ($id: ID!) { pauseWebhookSubscription(input: { id: $id }) { userErrors { code } } }',
    {
      id: late,
    },
  );
  const input = { webhookSubscription: late, status: 'NEVER_DELIVERED' };
  for (let times = 0; times < 10; times += 1)
    assert.deepEqual((await callMutation(gateway, 'replayEvents', input)).userErrors, []);
  const refusal = ['CONFLICT', 'input.webhookSubscription', /10 running replays/] as const;
  await assertRefused(gateway, ['replayEvents', input, ...refusal]);
  const { replays } = await gateway.request('query ($id: ID) { replays(webhookSubscription: $id) { nodes { id } } }', {
    id: late,
  });
  assert.equal(replays.nodes.length, 10);
});

test("an application replays for its own webhook subscriptions and sees its own replays, not another's", async () => {
  const [one, two] = [await createApplication(gateway.request, 'One'), await createApplication(gateway.request, 'Two')];
  const own = await createWebhookSubscription(gateway.request, { url: 'http://127.0.0.1:9/' }, one.key);
  const start = `mutation ($id: ID!) {
    replayEvents(input: { webhookSubscription: $id }) { replay { id } userErrors { code field } }
  }`;
  const refused = { replay: null, userErrors: [{ code: 'NOT_FOUND', field: 'input.webhookSubscription' }] };
  assert.deepEqual((await gateway.request(start, { id: own.id }, two.key)).replayEvents, refused);
  assert.deepEqual((await gateway.request(start, { id: webhookSubscription }, one.key)).replayEvents, refused);
  const { replayEvents } = await gateway.request(start, { id: own.id }, one.key);
  const id = replayEvents.replay?.id ?? assert.fail();
  const look = `query ($id: ID!) { replay(id: $id) { id } replays { nodes { id } } node(id: $id) { id } }`;
  const seen = { replay: { id }, replays: { nodes: [{ id }] }, node: { id } };
  assert.deepEqual(await gateway.request(look, { id }, one.key), seen);
  assert.deepEqual(await gateway.request(look, { id }, two.key), { replay: null, replays: { nodes: [] }, node: null });
  const cancel = 'mutation ($id: ID!) { cancelReplay(input: { id: $id }) { userErrors { code field } } }';
  const { cancelReplay } = await gateway.request(cancel, { id }, two.key);
  assert.deepEqual(cancelReplay.userErrors, [{ code: 'NOT_FOUND', field: 'input.id' }]);
  const live = openLive(gateway.url, two.key, 'subscription ($id: ID!) { replay(id: $id) { id } }', { id });
  const end = await live.ended;
  const errors = end.kind === 'errors' ? end.errors : (live.results[0]?.errors ?? []);
  assert.deepEqual(
    errors.map(({ extensions }) => extensions?.code),
    ['NOT_FOUND'],
  );
  await live.close();
});
