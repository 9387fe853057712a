// The operations that GraphiQL opens with, in the order of the main job. Only text: no DOM and no GraphiQL types, so that
// a test can check them against the schema. How they become tabs is in page/.

/** One tab of GraphiQL. The tab is titled by the name of its operation. */
export interface Example {
  /** A document with exactly one operation, narrow enough for the editor; its first line says what it does. */
  readonly query: string;
  /** Variables of the operation, or null when it takes none. */
  readonly variables: Readonly<Record<string, unknown>> | null;
}

const createEventType: Example = {
  query: `# 1. Say what may happen: a name and its schema.
mutation CreateEventType($input: CreateEventTypeInput!) {
  createEventType(input: $input) {
    eventType { id name version }
    userErrors { code field message }
  }
}
`,
  variables: {
    input: {
      name: 'order.created',
      description: 'A customer placed an order.',
      schema: {
        type: 'object',
        properties: {
          orderId: { type: 'string' },
          amount: { type: 'number', minimum: 0 },
          currency: { type: 'string', pattern: '^[A-Z]{3}$' },
        },
        required: ['orderId', 'amount', 'currency'],
      },
      example: { orderId: 'ord_1001', amount: 129.5, currency: 'EUR' },
    },
  },
};

const createWebhookSubscription: Example = {
  query: `# 2. Ask for these events by HTTP.
# Put the URL of your receiver in the variables.
mutation CreateWebhookSubscription($input: CreateWebhookSubscriptionInput!) {
  createWebhookSubscription(input: $input) {
    webhookSubscription { id url status }
    secret
    userErrors { code field message }
  }
}
`,
  variables: {
    input: {
      name: 'Large orders',
      url: 'https://example.com/webhooks',
      eventTypes: ['order.created'],
      filter: { 'data.amount': { $gt: 100 } },
    },
  },
};

const liveEvents: Example = {
  query: `# 3. Stream events live. Leave this running and
# publish (4) from a second window, top right.
subscription LiveEvents {
  events(types: ["order.created"]) {
    id
    type
    data
    cursor
  }
}
`,
  variables: null,
};

const publishEvent: Example = {
  query: `# 4. Publish an event: all who asked are told.
mutation PublishEvent($input: PublishEventInput!) {
  publishEvent(input: $input) {
    event { id type cursor }
    duplicate
    userErrors { code field message }
  }
}
`,
  variables: {
    input: {
      type: 'order.created',
      data: { orderId: 'ord_1001', amount: 129.5, currency: 'EUR' },
    },
  },
};

const seeDeliveries: Example = {
  query: `# 5. See the deliveries and their attempts.
query SeeDeliveries {
  deliveries(first: 10) {
    nodes {
      id
      status
      event { id type }
      webhookSubscription { name url }
      attemptCount
      nextAttemptAt
      attempts {
        number
        startedAt
        durationMs
        statusCode
        responseBody
        error { stage message }
      }
    }
  }
}
`,
  variables: null,
};

const listEventTypes: Example = {
  query: `# 6. List the event types.
query ListEventTypes {
  eventTypes(first: 20) {
    nodes {
      name
      version
      description
      schema
      example
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  variables: null,
};

const setDelivery: Example = {
  query: `# 7. Set how its events are delivered.
# Put the id that (2) answered in the variables.
mutation SetDelivery($input: UpdateWebhookSubscriptionInput!) {
  updateWebhookSubscription(input: $input) {
    webhookSubscription {
      id
      timeoutMs
      rateLimit { perSecond burst }
      retryPolicy { schedule delaysSeconds jitter deadlineSeconds }
    }
    userErrors { code field message }
  }
}
`,
  variables: {
    input: {
      id: 'sub_…',
      timeoutMs: 5000,
      rateLimit: { perSecond: 20 },
      retryPolicy: { exponential: { baseSeconds: 2, factor: 3, attempts: 8 } },
    },
  },
};

/** The examples in the order of the main job. */
export const examples: readonly Example[] = [
  createEventType,
  createWebhookSubscription,
  liveEvents,
  publishEvent,
  seeDeliveries,
  listEventTypes,
  setDelivery,
];
