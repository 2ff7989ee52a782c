import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

export type AuditResult = 'ok' | 'refused' | 'failed';

/** What the audit log says of one call, without its place in a chain. */
export interface AuditRecord {
  /** Milliseconds since the epoch. */
  at: number;
  /** Id of the tenant it concerns; null when it concerns none or several. */
  tenant: string | null;
  credentialId: string;
  /** The user behind a JWT. */
  userId: string | null;
  /** `<object>.<verb>`, such as key.revoke. */
  action: string;
  objectType: string;
  /** Empty when the call did not get as far as naming one. */
  objectId: string;
  requestId: string;
  result: AuditResult;
  /** The error code the client was told; null when the call went well. */
  code: string | null;
  /** SHA-256 of the canonical JSON of the object before and after, in hex; null when there was none. */
  beforeHash: string | null;
  afterHash: string | null;
}

/** A record in its place: `seq` counts the rows of a chain from 1. */
export interface ChainedRecord extends AuditRecord {
  chain: string;
  seq: number;
}

/** The chain of what concerns no tenant, or several. */
export const platformChain = 'platform';
/** What the first row of a chain follows. */
export const genesisHash: Buffer = Buffer.alloc(32);

export const chainOf = ({ tenant }: Pick<AuditRecord, 'tenant'>): string => tenant ?? platformChain;

/** SHA-256(previous hash, canonical JSON of the row): it changes with everything the row says and with every row before it. */
export function rowHash(previousHash: Uint8Array, row: ChainedRecord): Buffer {
  return createHash('sha256').update(previousHash).update(canonicalJson(row)).digest();
}

/** SHA-256 of the canonical JSON of an object, in hex; null for none. */
export function stateHash(state: unknown): string | null {
  return state === undefined || state === null ? null : createHash('sha256').update(canonicalJson(state)).digest('hex');
}
