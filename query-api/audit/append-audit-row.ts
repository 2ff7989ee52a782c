import {
  type AuditRecord,
  type AuditResult,
  chainOf,
  genesisHash,
  rowHash,
  stateHash,
} from '../../platform/audit/audit-chain.ts';
import type { SqlRunner } from '../../platform/postgres.ts';
import type { Call } from '../control/call.ts';

export interface CallOutcome {
  action: string;
  objectType: string;
  objectId?: string;
  tenant?: string | null;
  before?: unknown;
  after?: unknown;
  result: AuditResult;
  code: string | null;
}

export interface RowToAppend {
  call: Pick<Call, 'principal' | 'requestId'>;
  /** Milliseconds since the epoch. */
  at: number;
  outcome: CallOutcome;
}

interface Head {
  seq: string;
  hash: Buffer;
}

const storablePattern = /^[\x20-\x7e]{1,256}$/;

/**
 * Appends the row to its chain. The chain stays locked until the transaction ends, so this belongs at its end, and once: a transaction
 * holds one chain at most, so no two wait for each other.
 */
export async function appendAuditRow(sql: SqlRunner, row: RowToAppend): Promise<void> {
  const record = toRecord(row);
  const chain = chainOf(record);
  const head = await lockHead(sql, chain);
  const seq = Number(head.seq) + 1;
  const hash = rowHash(head.hash, { ...record, chain, seq });
  await sql`
    WITH head AS (UPDATE audit_heads SET seq = ${seq}, hash = ${hash} WHERE chain = ${chain})
    INSERT INTO audit_log
      (chain, seq, at, tenant_id, credential_id, user_id, action, object_type, object_id, request_id, result, code,
       before_hash, after_hash, previous_hash, hash)
    VALUES (${chain}, ${seq}, ${new Date(record.at)}, ${record.tenant}, ${record.credentialId}, ${record.userId}, ${record.action},
            ${record.objectType}, ${record.objectId}, ${record.requestId}, ${record.result}, ${record.code},
            ${toBytes(record.beforeHash)}, ${toBytes(record.afterHash)}, ${head.hash}, ${hash})`;
}

async function lockHead(sql: SqlRunner, chain: string): Promise<Head> {
  const locked = () => sql<Head[]>`SELECT seq, hash FROM audit_heads WHERE chain = ${chain} FOR UPDATE`;
  const [head] = await locked();
  if (head !== undefined) return head;
  await sql`INSERT INTO audit_heads (chain, seq, hash) VALUES (${chain}, 0, ${genesisHash}) ON CONFLICT DO NOTHING`;
  const [created] = await locked();
  if (created === undefined) throw new Error(`the audit chain ${chain} cannot be opened`);
  return created;
}

function toRecord({ call, at, outcome }: RowToAppend): AuditRecord {
  const { action, objectType, objectId = '', tenant = null, before, after, result, code } = outcome;
  const { credentialId, subject: userId = null } = call.principal;
  return {
    at,
    tenant,
    credentialId,
    userId,
    action,
    objectType,
    objectId: storablePattern.test(objectId) ? objectId : '',
    requestId: call.requestId,
    result,
    code,
    beforeHash: stateHash(before),
    afterHash: stateHash(after),
  };
}

const toBytes = (hex: string | null): Buffer | null => (hex === null ? null : Buffer.from(hex, 'hex'));
