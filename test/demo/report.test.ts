// What the demo counts and prints, without running it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countUp, isComplete, type Observations, renderReport } from '../../src/demo/report.js';

const two: Observations = {
  eventTypes: 1,
  refused: 0,
  published: [
    { id: 'a', sentAtMs: 1000 },
    { id: 'b', sentAtMs: 1010 },
  ],
  webhooks: [
    { id: 'a', atMs: 1004, isVerified: true },
    { id: 'b', atMs: 1030, isVerified: true },
  ],
  streamed: [
    { id: 'a', atMs: 1002 },
    { id: 'b', atMs: 1013 },
  ],
  recorded: [
    { id: 'a', atMs: 1006 },
    { id: 'b', atMs: 1033 },
  ],
  away: { fromMs: 0, untilMs: 0 },
  foreignUrl: null,
};

test('everything told once on both ways is complete', () => {
  const report = countUp(two);
  assert.ok(isComplete(report));
  assert.deepEqual(report, {
    eventTypes: 1,
    refused: 0,
    published: 2,
    delivered: 2,
    verified: 2,
    recorded: 2,
    streamed: 2,
    caughtUp: 0,
    lost: 0,
    duplicates: 0,
    webhookLatency: { p50Ms: 4, p99Ms: 20 },
    liveLatency: { p50Ms: 2, p99Ms: 3 },
    foreignUrl: null,
  });
});

test('an event that is missing on one way is lost once, on both ways twice', () => {
  const [firstWebhook] = two.webhooks;
  assert.ok(firstWebhook);
  assert.equal(countUp({ ...two, webhooks: [firstWebhook] }).lost, 1);
  assert.equal(countUp({ ...two, webhooks: [firstWebhook], streamed: [{ id: 'a', atMs: 1002 }] }).lost, 2);
  assert.equal(isComplete(countUp({ ...two, webhooks: [firstWebhook] })), false);
});

test('an event told twice is a duplicate and does not stand for a missing one', () => {
  const report = countUp({ ...two, streamed: [...two.streamed.slice(0, 1), ...two.streamed.slice(0, 1)] });
  assert.deepEqual([report.streamed, report.lost, report.duplicates], [1, 1, 1]);
});

test('an event that was not published counts as a duplicate only', () => {
  const report = countUp({ ...two, streamed: [...two.streamed, { id: 'stranger', atMs: 1005 }] });
  assert.deepEqual([report.streamed, report.lost, report.duplicates], [2, 0, 1]);
});

test('a wrong signature, an unrecorded delivery and nothing at all are not complete', () => {
  const forged = two.webhooks.map((webhook) => ({ ...webhook, isVerified: webhook.id !== 'b' }));
  assert.equal(countUp({ ...two, webhooks: forged }).verified, 1);
  assert.equal(isComplete(countUp({ ...two, webhooks: forged })), false);
  assert.equal(isComplete(countUp({ ...two, recorded: two.recorded.slice(1) })), false);
  assert.equal(isComplete(countUp({ ...two, published: [], webhooks: [], streamed: [], recorded: [] })), false);
});

test('what the live client missed while it was away is no sample of its latency', () => {
  const away = { fromMs: 1005, untilMs: 1500 };
  const report = countUp({
    ...two,
    streamed: [
      { id: 'a', atMs: 1002 },
      { id: 'b', atMs: 1600 },
    ],
    away,
  });
  assert.equal(report.caughtUp, 1);
  assert.deepEqual(report.liveLatency, { p50Ms: 2, p99Ms: 2 });
});

test('with a foreign receiver the recorded deliveries stand for the webhooks, and the table says so', () => {
  const report = countUp({ ...two, webhooks: [], foreignUrl: 'https://example.com/hook' });
  assert.deepEqual([report.delivered, report.verified, report.lost], [2, 2, 0]);
  assert.match(renderReport(report), /^ {2}verified +2 {3}from the gateway's delivery statuses/m);
});

test('the table has one aligned line for each count', () => {
  assert.equal(
    renderReport(countUp(two)),
    `  event types                1   with GitHub's published JSON Schemas
  refused                    0   of GitHub's example payloads do not match GitHub's schema
  published                  2   acknowledged by the gateway
  delivered                  2   webhooks at a receiver in another process
  verified                   2   signatures, by the library standardwebhooks
  recorded                   2   deliveries that the gateway keeps as SUCCEEDED
  streamed                   2   live, 0 of them on resuming after the socket was cut
  lost                       0   by webhook or live
  duplicates                 0   told again by webhook or live

  latency                  p50       p99
  publish -> webhook      4 ms     20 ms
  publish -> live         2 ms      3 ms
`,
  );
});
