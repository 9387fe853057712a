// Resolvers of schema/inbound-webhook.graphql.
import type { InboundWebhookSettings } from '../trigger/inbound-webhook-settings.js';
import type { Trigger } from '../trigger/trigger.js';
import { verificationSchemes } from '../trigger/verification/verification-schemes.js';
import type { Resolvers } from './generated.js';

/** As the kind made them. */
const settingsOf = ({ settings }: Trigger): InboundWebhookSettings => settings as InboundWebhookSettings;

/** What inbound webhooks are set to. */
export const inboundWebhookResolvers: Resolvers = {
  InboundWebhookConfiguration: {
    path: ({ id }) => `/triggers/${id}`,
    scheme: (trigger) => settingsOf(trigger).scheme,
    verification: (trigger) => settingsOf(trigger).verification,
    deliveryIdHeader(trigger) {
      const { deliveryIdHeader, scheme } = settingsOf(trigger);
      return deliveryIdHeader ?? verificationSchemes[scheme].deliveryIdHeader;
    },
    cloudEventsOrigins: (trigger) => [...settingsOf(trigger).cloudEventsOrigins],
  },
};
