// Agenda as it comes, with its own backend, reads the collection of deliveries as the jobs they are.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import { MongoClient } from 'mongodb';
import { type Gateway, startGateway } from '../kit/gateway.js';
import { createEventType, createWebhookSubscription, publish, waitForDeliveries } from '../kit/graphql-client.js';
import { type Receiver, startReceiver } from '../kit/receiver.js';

let gateway: Gateway;
let receiver: Receiver;
let client: MongoClient;

before(async () => {
  gateway = await startGateway();
  receiver = await startReceiver({ respond: () => ({ status: 500 }) });
  client = await new MongoClient(gateway.databaseUri).connect();
});
after(async () => {
  await client.close();
  await gateway.stop();
  await receiver.close();
});

test('a client of Agenda sees each delivery as a job: its name, when it runs next, and how many there are', async () => {
  await createEventType(gateway.request, { name: 'order.created' });
  await createWebhookSubscription(gateway.request, { url: receiver.url, retryPolicy: { delaysSeconds: [3600] } });
  const { id } = await publish(gateway.request, { type: 'order.created', data: {} });
  const [delivery] = await waitForDeliveries(gateway.request, id, { status: 'RETRYING' });
  const agenda = new Agenda({ backend: new MongoBackend({ mongo: client.db(), collection: 'deliveries' }) });
  await agenda.ready;
  const { jobs, total } = await agenda.queryJobs({ name: 'deliver', includeDisabled: true });
  assert.equal(total, 1);
  assert.deepEqual(
    jobs.map(({ _id, state, nextRunAt, lockedAt }) => ({ id: `dlv_${_id}`, state, nextRunAt, lockedAt })),
    [
      {
        id: delivery?.id,
        state: 'scheduled',
        nextRunAt: new Date(delivery?.nextAttemptAt ?? Number.NaN),
        lockedAt: undefined,
      },
    ],
  );
  const [overview] = await agenda.getJobsOverview();
  assert.equal(overview?.name, 'deliver');
  assert.equal(overview?.total, 1);
});
