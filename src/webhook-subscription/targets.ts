// The targets of a webhook subscription as they come from the door: one URL, or several with weights.
import { checkWholeNumber } from '../number.js';
import { Problem } from '../problem.js';
import type { OutboundGuard } from '../security/outbound-guard.js';
import type { Target } from './delivery-policy.js';

/** A target as given in the API; its weight is 1 when it is left out. */
export interface TargetInput {
  readonly url: string;
  readonly weight?: number | null | undefined;
}

/** Where requests go: one of the two. */
export interface TargetsInput {
  readonly url?: string | null | undefined;
  readonly targets?: readonly TargetInput[] | null | undefined;
}

const maxTargets = 10;
const weightRange = { min: 1, max: 100 };

/**
 * The targets that an input names, at least one, or null when it names none. A list has 1 to 10 targets, none twice, of
 * weights from 1 to 100. Throws `INVALID_INPUT`, `URL_INVALID` or `URL_FORBIDDEN` on `url`, `targets`, `targets.N.url` or
 * `targets.N.weight`.
 */
export function checkTargets({ url, targets }: TargetsInput, guard: OutboundGuard): readonly Target[] | null {
  if (targets == null) return url == null ? null : [{ url: guard.checkUrl(url, 'url').href, weight: 1 }];
  if (url != null) throw new Problem('INVALID_INPUT', 'url and targets must not both be given', { field: 'targets' });
  if (targets.length < 1 || targets.length > maxTargets) {
    const message = `targets must have 1 to ${maxTargets} entries, has ${targets.length}`;
    throw new Problem('INVALID_INPUT', message, { field: 'targets' });
  }
  const seen = new Set<string>();
  return targets.map((target, index) => {
    const field = `targets.${index}`;
    const { href } = guard.checkUrl(target.url, `${field}.url`);
    if (seen.has(href)) {
      throw new Problem('INVALID_INPUT', `${field}.url is given twice`, { field: `${field}.url` });
    }
    seen.add(href);
    return { url: href, weight: checkWholeNumber(target.weight ?? 1, `${field}.weight`, weightRange) };
  });
}
