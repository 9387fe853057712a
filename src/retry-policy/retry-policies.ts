// The list of retry policies: a new one is a file beside this and a line here.
import type { RetryPolicy } from './retry-policy.js';
import { standardSchedule } from './standard-schedule.js';

/** All policies; the first is the default. */
export const retryPolicies = [standardSchedule] as const satisfies readonly RetryPolicy[];

/** The name of a policy as in the API. */
export type RetryPolicyName = (typeof retryPolicies)[number]['name'];

/** The policy of a name, or null when there is none. Never throws. */
export function findRetryPolicy(name: string): RetryPolicy | null {
  return retryPolicies.find((policy) => policy.name === name) ?? null;
}
