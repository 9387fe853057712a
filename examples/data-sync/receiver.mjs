// Receives the changes of a collection as webhooks and applies them to the collection of the same name in another database.
// It keeps nothing of its own: it may be killed at any time, and be told twice.
import { BSON, MongoClient } from 'mongodb';
import { Webhook } from 'standardwebhooks';
import { serve } from '../serve.mjs';

const webhook = new Webhook(process.env['WEBHOOK_SECRET'] ?? '');
const client = await MongoClient.connect(process.env['TARGET_URI'] ?? '');
const customers = client.db('copy').collection('customers');

serve(async ({ headers, body }) => {
  // Throws when it is not signed with our secret.
  const event = /** @type {{ data: object }} */ (webhook.verify(body, headers));
  // Dates, ObjectIds and the like come as MongoDB's extended JSON.
  await apply(BSON.EJSON.deserialize(event.data));
});

/**
 * Makes the copy of one document what the change says. Doing so twice makes no difference, and the changes of one document
 * come in their order, so what is behind catches up.
 * @param {import('mongodb').Document} change
 */
async function apply({ operation, documentKey, document }) {
  if (operation === 'delete') await customers.deleteOne(documentKey);
  // Null when it was deleted before it could be looked up; that is told next.
  else if (document !== null) await customers.replaceOne(documentKey, document, { upsert: true });
}
