// Handshakes with a real receiver over real HTTP: what is sent, what counts as an agreement, and what an unwilling, slow or
// forbidden receiver leads to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShakeHands } from '../../src/delivery/shake-hands.js';
import type { HandshakeAnswer } from '../../src/webhook-subscription/handshake.js';
import type { ReceiverAnswer } from '../kit/receiver.js';
import { receiverFor, senderFor } from '../kit/sender.js';

const options = { publicHost: 'events.example.com', userAgent: 'carillon/test' };
const timeoutMs = 2000;

/** What a handshake with a receiver that answers so leads to. */
async function shake(answer: ReceiverAnswer, perMinute: number | null = null): Promise<HandshakeAnswer> {
  const receiver = await receiverFor({ respond: () => answer });
  const { sender } = senderFor();
  return createShakeHands({ ...options, sender })({ url: `${receiver.url}/hook?a=1`, perMinute, timeoutMs });
}

const allowing = (origin: string, rate?: string): ReceiverAnswer => ({
  headers: { 'WebHook-Allowed-Origin': origin, ...(rate === undefined ? {} : { 'WebHook-Allowed-Rate': rate }) },
});

test('the request is OPTIONS to the exact URL, with our name, the rate if there is one, and nothing else of ours', async () => {
  const receiver = await receiverFor({ respond: () => allowing('*') });
  const { sender } = senderFor();
  const shakeHands = createShakeHands({ ...options, sender });
  await shakeHands({ url: `${receiver.url}/hook?a=1`, perMinute: 120, timeoutMs });
  await shakeHands({ url: `${receiver.url}/hook?a=1`, perMinute: null, timeoutMs });
  const [first, second] = receiver.requests;
  assert.deepEqual([first?.method, first?.path, first?.body.length], ['OPTIONS', '/hook?a=1', 0]);
  const { host: _host, connection: _connection, ...headers } = first?.headers ?? {};
  assert.deepEqual(headers, {
    'user-agent': 'carillon/test',
    'webhook-request-origin': 'events.example.com',
    'webhook-request-rate': '120',
  });
  assert.equal(second?.headers['webhook-request-rate'], undefined);
});

test('our name or an asterisk agrees, whatever the status, with the rate that is told', async () => {
  const agreed = (perMinute: number | null): HandshakeAnswer => ({ kind: 'agreed', perMinute });
  assert.deepEqual(await shake(allowing('*')), agreed(null));
  assert.deepEqual(await shake(allowing('events.example.com', '*'), 10), agreed(null));
  assert.deepEqual(await shake(allowing('Events.Example.Com', '100'), 500), agreed(100));
  assert.deepEqual(await shake({ ...allowing('*', '1'), status: 405 }), agreed(1));
});

const refusals: readonly [string, ReceiverAnswer, RegExp][] = [
  ['no header', { status: 204, headers: { allow: 'POST' } }, /answered OPTIONS with 204 and without WebHook-Allowed-/],
  ['an empty header', allowing(''), /without WebHook-Allowed-Origin/],
  ['a header of another kind', { headers: { 'Access-Control-Allow-Origin': '*' } }, /without WebHook-Allowed-Origin/],
  [
    'another name',
    allowing('other.example.com'),
    /allows "other.example.com", and this gateway is "events.example.com"/,
  ],
  ['a name that only ends like ours', allowing('x.events.example.com'), /it allows "x\.events/],
  ['several names', allowing('events.example.com, *'), /it allows "events\.example\.com, \*"/],
  ['a long name', allowing('x'.repeat(4000)), /it allows "x{128}",/],
  ['a rate of nothing', allowing('*', '0'), /WebHook-Allowed-Rate "0" is neither \* nor a whole number/],
  ['a rate that is no number', allowing('*', '10 per minute'), /"10 per minute" is neither/],
  ['a redirect', { status: 307, headers: { location: '/other' } }, /with 307 and without/],
  ['a cut connection', { reset: true }, /reset the connection/],
];
for (const [what, answer, reason] of refusals) {
  test(`${what} is no agreement, and the reason says so`, async () => {
    const told = await shake(answer);
    assert.equal(told.kind, 'refused');
    assert.match(told.kind === 'refused' ? told.reason : '', reason);
  });
}

test('a receiver that does not answer is given up at the deadline', async () => {
  const receiver = await receiverFor({ respond: () => ({ hang: true }) });
  const { sender, clock } = senderFor();
  const answer = createShakeHands({ ...options, sender })({ url: receiver.url, perMinute: null, timeoutMs });
  await receiver.next(1);
  assert.ok(clock.waits.includes(timeoutMs));
  clock.expire(timeoutMs);
  const told = await answer;
  assert.match(told.kind === 'refused' ? told.reason : '', /in time/);
});

test('a network that may not be delivered to is not asked', async () => {
  const receiver = await receiverFor({ respond: () => allowing('*') });
  const { sender } = senderFor({ allowNetworks: [] });
  const url = `http://receiver.example:${receiver.port}/`;
  const told = await createShakeHands({ ...options, sender })({ url, perMinute: null, timeoutMs });
  assert.deepEqual(
    [told, receiver.requests.length],
    [{ kind: 'refused', reason: 'The address may not be delivered to.' }, 0],
  );
});

test('a gateway without a name asks nobody, and says what is missing', async () => {
  const receiver = await receiverFor({ respond: () => allowing('*') });
  const { sender } = senderFor();
  const shakeHands = createShakeHands({ ...options, publicHost: null, sender });
  const told = await shakeHands({ url: receiver.url, perMinute: null, timeoutMs });
  assert.match(told.kind === 'refused' ? told.reason : '', /CARILLON_PUBLIC_HOST/);
  assert.equal(receiver.requests.length, 0);
});

test('at most 64 handshakes are under way at once, and the next is refused until one has ended', async () => {
  const ends: (() => void)[] = [];
  const send = () =>
    new Promise<never>((_resolve, reject) => {
      ends.push(() => reject(new Error('ended')));
    });
  const shakeHands = createShakeHands({ ...options, sender: { send } });
  const ask = () => shakeHands({ url: 'https://receiver.example/', perMinute: null, timeoutMs });
  const running = Array.from({ length: 64 }, ask);
  await assert.rejects(ask(), { code: 'OVERLOADED' });
  ends[0]?.();
  await assert.rejects(running[0] ?? assert.fail(), /ended/);
  const next = ask();
  for (const end of ends) end();
  await Promise.allSettled([next, ...running]);
  assert.equal(ends.length, 65);
});
