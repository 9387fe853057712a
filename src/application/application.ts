// The Application: what it is and what its inputs may be. Kept by application-store.ts.
import { checkOptionalText, checkText } from '../text.js';

/** A consumer of the platform (a tenant). */
export interface Application {
  /** `app_…` */
  readonly id: string;
  readonly name: string;
  /** The platform's own reference, unique. */
  readonly externalId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Most characters of a name or an external reference. */
export const maxNameLength = 128;

/** Checks a display name. Throws `INVALID_INPUT`. */
export function checkApplicationName(name: string): string {
  return checkText(name, 'name', maxNameLength);
}

/** Checks an external reference. Throws `INVALID_INPUT`. */
export function checkExternalId(externalId: string | null | undefined): string | null {
  return checkOptionalText(externalId, 'externalId', maxNameLength);
}
