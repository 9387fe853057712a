// The story of this example: random writes to a collection of one database, each change told by webhook, applied to another
// database by receiver.mjs, which is killed in the middle.
import { randomBytes, randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { MongoClient } from 'mongodb';

const rounds = 16;
const writesPerRound = 10;
const writes = rounds * writesPerRound;
const ids = Array.from({ length: 40 }, (_, n) => `customer-${n}`);

/**
 * @typedef {{ _id: string, name: string, credit: number, tags: string[], since: Date }} Customer
 * @typedef {import('mongodb').Collection<Customer>} Customers
 */

/** @param {import('../stage.mjs').Stage} stage */
export async function run(stage) {
  const { startGateway, say, until } = stage;
  // The gateway watches a collection of the database that it uses itself; of another gateway only the store is used.
  const [gateway, other] = await Promise.all([startGateway(), startGateway()]);
  const source = await open(stage, gateway.mongodbUri, 'carillon');
  const copy = await open(stage, other.mongodbUri, 'copy');
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const startReceiver = () => startSync(stage, { WEBHOOK_SECRET: secret, TARGET_URI: other.mongodbUri });

  const receiver = await startReceiver();
  const trigger = await createChangeStream(gateway);
  const subscription = await subscribe(gateway, receiver.url, secret);
  say('What changes in the collection customers of the first database is applied to the second.');

  const changes = { inserted: 0, updated: 0, replaced: 0, deleted: 0 };
  for (let round = 0; round < rounds; round += 1) {
    if (round === rounds / 2) {
      await receiver.program.stop('SIGKILL');
      say(`The receiver is killed after ${round * writesPerRound} writes. The writes go on.`);
    }
    for (const change of await Promise.all(chooseIds().map((id) => write(source, id)))) changes[change] += 1;
  }
  const again = await startReceiver();
  await gateway.ask(
    `mutation ($input: UpdateWebhookSubscriptionInput!) {
      updateWebhookSubscription(input: $input) { userErrors { code field message } }
    }`,
    { input: { id: subscription, url: again.url } },
  );
  say('The receiver is back, at another address.');

  const { inserted, updated, replaced, deleted } = changes;
  say(`${writes} writes: ${inserted} inserted, ${updated} updated, ${replaced} replaced, ${deleted} deleted.`);
  await until('as many events', async () => (await readFired(gateway, trigger)) >= writes);
  say(`${await readFired(gateway, trigger)} events.`);
  await until('both sides equal and nothing under way', async () => {
    const [here, there] = await Promise.all([readAll(source), readAll(copy)]);
    return isDeepStrictEqual(here, there) && !(await hasUnfinished(gateway));
  });
  say('Both sides are equal.');
}

/** @typedef {import('../stage.mjs').Gateway} Gateway */

/**
 * @param {import('../stage.mjs').Stage} stage
 * @param {string} uri
 * @param {string} database
 * @returns {Promise<Customers>}
 */
async function open({ atEnd }, uri, database) {
  const client = await MongoClient.connect(uri);
  atEnd(() => client.close());
  return client.db(database).collection('customers');
}

/**
 * @param {import('../stage.mjs').Stage} stage
 * @param {Readonly<Record<string, string>>} env
 */
async function startSync({ startProgram }, env) {
  const file = fileURLToPath(new URL('receiver.mjs', import.meta.url));
  const program = startProgram('receiver', [process.execPath, file], env);
  return { program, url: await program.line(/^listening at (\S+)$/) };
}

/**
 * Event types for the changes, and the trigger that makes events of them. Answers its id.
 * @param {Gateway} gateway
 * @returns {Promise<string>}
 */
async function createChangeStream(gateway) {
  const eventTypes = {
    insert: 'customer.inserted',
    update: 'customer.updated',
    replace: 'customer.replaced',
    delete: 'customer.deleted',
  };
  for (const name of Object.values(eventTypes)) {
    await gateway.ask(
      `mutation ($input: CreateEventTypeInput!) {
        createEventType(input: $input) { eventType { id } userErrors { code field message } }
      }`,
      { input: { name } },
    );
  }
  const { createTrigger } = await gateway.ask(
    `mutation ($input: CreateTriggerInput!) {
      createTrigger(input: $input) { trigger { id } userErrors { code field message } }
    }`,
    {
      input: {
        name: 'customers',
        eventType: eventTypes.update,
        // Changes of one document are told in their order.
        mapping: { subject: 'documentKey._id', orderingKey: 'documentKey._id' },
        // With `uri` and `database`: of any other MongoDB.
        configuration: { changeStream: { collection: 'customers', eventTypes } },
      },
    },
  );
  return createTrigger.trigger.id;
}

/**
 * Has changes sent to the receiver. Answers the id of the webhook subscription.
 * @param {Gateway} gateway
 * @param {string} url
 * @param {string} secret
 * @returns {Promise<string>}
 */
async function subscribe(gateway, url, secret) {
  const { createWebhookSubscription } = await gateway.ask(
    `mutation ($input: CreateWebhookSubscriptionInput!) {
      createWebhookSubscription(input: $input) { webhookSubscription { id } userErrors { code field message } }
    }`,
    {
      input: {
        url,
        secret,
        eventTypes: ['customer.*'],
        ordering: 'BY_KEY',
        // A change that cannot be applied holds up those behind it, so that nothing is left out.
        whenExhausted: 'STOP',
        retryPolicy: { exponential: { baseSeconds: 0.2, factor: 2, capSeconds: 1, attempts: 50 } },
      },
    },
  );
  return createWebhookSubscription.webhookSubscription.id;
}

/**
 * Events that the trigger published so far.
 * @param {Gateway} gateway
 * @param {string} id
 * @returns {Promise<number>}
 */
async function readFired(gateway, id) {
  const { trigger } = await gateway.ask('query ($id: ID!) { trigger(id: $id) { counts { fired } } }', { id });
  return trigger.counts.fired;
}

/** @param {Gateway} gateway */
async function hasUnfinished(gateway) {
  const { pending, retrying } = await gateway.ask(`{
    pending: deliveries(status: PENDING, first: 1) { nodes { id } }
    retrying: deliveries(status: RETRYING, first: 1) { nodes { id } }
  }`);
  return pending.nodes.length + retrying.nodes.length > 0;
}

/**
 * @param {number} credit
 * @returns {Omit<Customer, '_id'>}
 */
function newCustomer(credit) {
  return { name: randomBytes(6).toString('hex'), credit, tags: [], since: new Date() };
}

/** As many of the ids as are written to at the same time, each once. */
function chooseIds() {
  const first = randomInt(ids.length);
  return [...ids.slice(first), ...ids.slice(0, first)].slice(0, writesPerRound);
}

/**
 * One random write that changes one document. Answers what became of it.
 * @param {Customers} customers
 * @param {string} _id
 */
async function write(customers, _id) {
  const credit = randomInt(1000);
  const customer = await customers.findOne({ _id });
  if (customer === null) {
    await customers.insertOne({ _id, ...newCustomer(credit) });
    return 'inserted';
  }
  const choice = randomInt(4);
  if (choice === 0) {
    await customers.deleteOne({ _id });
    return 'deleted';
  }
  if (choice === 1) {
    await customers.replaceOne({ _id }, newCustomer(credit));
    return 'replaced';
  }
  await customers.updateOne({ _id }, { $set: { credit }, $push: { tags: randomBytes(3).toString('hex') } });
  return 'updated';
}

/** @param {Customers} customers */
function readAll(customers) {
  return customers.find().sort({ _id: 1 }).toArray();
}
