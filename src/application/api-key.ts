// The ApiKey: a credential with one role. Its text is made and hashed in security/api-key.ts, kept by api-key-store.ts.
import type { Role } from '../security/access.js';

/** A bearer credential, without its text. */
export interface ApiKey {
  /** `key_…` */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Set for the role `APPLICATION` only. */
  readonly applicationId: string | null;
  /** First characters of the text, to recognise it by. */
  readonly hint: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  /** When it becomes worthless by itself; null for never. */
  readonly expiresAt: Date | null;
}
