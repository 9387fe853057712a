// Who may do what: every cell of the table, spelled out once more by hand so that a change of it is noticed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessTable, type Caller, mayTouch, mayUse, type Role, roles } from '../../src/security/access.js';

const caller = (role: Role, applicationId: string | null = null): Caller => ({ role, applicationId, apiKeyId: null });

/** A APPLICATION, P PUBLISHER, R READER; the administrator may do everything. */
const expected: Readonly<Record<string, string>> = {
  'Query.viewer': 'APR',
  'Query.node': 'AR',
  'Query.nodes': 'AR',
  'Query.applications': 'AR',
  'Query.application': 'AR',
  'Query.apiKeys': '',
  'Query.eventTypes': 'APR',
  'Query.eventType': 'APR',
  'Query.events': 'AR',
  'Query.event': 'AR',
  'Query.webhookSubscriptions': 'AR',
  'Query.webhookSubscription': 'AR',
  'Query.previewDelivery': 'A',
  'Query.deliveries': 'AR',
  'Query.delivery': 'AR',
  'Query.deliveryAttempts': 'AR',
  'Query.replays': 'AR',
  'Query.stats': 'R',
  'Query.replay': 'AR',
  'Query.connections': '',
  'Query.triggers': 'R',
  'Query.trigger': 'R',
  'Mutation.createApplication': '',
  'Mutation.updateApplication': '',
  'Mutation.deleteApplication': '',
  'Mutation.createApiKey': '',
  'Mutation.revokeApiKey': '',
  'Mutation.createEventType': '',
  'Mutation.updateEventType': '',
  'Mutation.archiveEventType': '',
  'Mutation.deleteEventType': '',
  'Mutation.publishEvent': 'P',
  'Mutation.publishEvents': 'P',
  'Mutation.createWebhookSubscription': 'A',
  'Mutation.updateWebhookSubscription': 'A',
  'Mutation.pauseWebhookSubscription': 'A',
  'Mutation.resumeWebhookSubscription': 'A',
  'Mutation.deleteWebhookSubscription': 'A',
  'Mutation.rotateWebhookSecret': 'A',
  'Mutation.sendTestEvent': 'A',
  'Mutation.retryDelivery': 'A',
  'Mutation.cancelDelivery': 'A',
  'Mutation.replayEvents': 'A',
  'Mutation.cancelReplay': 'A',
  'Mutation.closeConnection': '',
  'Mutation.createTrigger': '',
  'Mutation.updateTrigger': '',
  'Mutation.deleteTrigger': '',
  'Mutation.fireTrigger': '',
  'Subscription.events': 'AR',
  'Subscription.deliveries': 'AR',
  'Subscription.replay': 'AR',
  'Subscription.stats': 'R',
};

test('the table is what it is meant to be', () => {
  assert.deepEqual(Object.keys(accessTable).sort(), Object.keys(expected).sort());
  for (const [rootField, letters] of Object.entries(expected)) {
    for (const role of roles) {
      const may = role === 'ADMIN' || letters.includes(role.charAt(0));
      assert.equal(mayUse(role, rootField), may, `${role} ${rootField}`);
    }
  }
});

test('a reader changes nothing', () => {
  for (const rootField of Object.keys(accessTable))
    if (rootField.startsWith('Mutation.')) assert.equal(mayUse('READER', rootField), false, rootField);
});

test('what is not in the table may be used by nobody, inherited names included', () => {
  for (const rootField of ['Query.secrets', 'Mutation.', '', 'constructor', 'toString', '__proto__'])
    for (const role of roles) assert.equal(mayUse(role, rootField), false, rootField);
});

test('an application touches what is its own; the other roles touch everything', () => {
  for (const role of ['ADMIN', 'PUBLISHER', 'READER'] as const)
    for (const owner of ['app_a', null]) assert.equal(mayTouch(caller(role), owner), true);
  assert.equal(mayTouch(caller('APPLICATION', 'app_a'), 'app_a'), true);
  assert.equal(mayTouch(caller('APPLICATION', 'app_a'), 'app_b'), false);
  assert.equal(mayTouch(caller('APPLICATION', 'app_a'), null), false);
  assert.equal(mayTouch(caller('APPLICATION', null), null), false);
});
