// The list of kinds of triggers. A new one is a file, a line here, and its name in trigger.ts.
import { changeStream } from './change-stream.js';
import { inboundWebhook } from './inbound-webhook.js';
import { schedule } from './schedule.js';
import type { TriggerKindName } from './trigger.js';
import type { TriggerKind } from './trigger-kind.js';

/** All kinds by name. */
export const triggerKinds: Readonly<Record<TriggerKindName, TriggerKind>> = {
  INBOUND_WEBHOOK: inboundWebhook,
  SCHEDULE: schedule,
  CHANGE_STREAM: changeStream,
};
