import { type ChainedRecord, genesisHash, rowHash } from '../../platform/audit/audit-chain.ts';
import type { Sql, SqlRunner } from '../../platform/postgres.ts';

export interface ChainReport {
  rows: number;
  /** The last row of each chain. Kept elsewhere, they show also that somebody wrote a whole chain anew. */
  heads: ChainHead[];
  /** The first broken row of each chain that is broken. */
  broken: BrokenRow[];
}

export interface ChainHead {
  chain: string;
  seq: number;
  /** Hex. */
  hash: string;
}

export interface BrokenRow {
  chain: string;
  seq: number;
  /** missing: there is no such row; altered: it does not say what was written; unlinked: it does not follow the row before. */
  reason: 'missing' | 'altered' | 'unlinked';
}

type Row = Omit<ChainedRecord, 'at' | 'seq'> & { at: Date; seq: string; previousHash: Buffer; hash: Buffer };

interface Walk {
  seq: number;
  hash: Buffer;
  broken?: BrokenRow;
}

const rowsAtOnce = 1_000;

/** Walks every chain of the audit log from its first row to its head, as of one moment. */
export function verifyChains(sql: Sql): Promise<ChainReport> {
  return sql.begin('isolation level repeatable read read only', async (transaction) => {
    const walks = new Map<string, Walk>();
    let rows = 0;
    for await (const batch of readRows(transaction)) {
      rows += batch.length;
      for (const row of batch) step(walks, row);
    }
    const heads = await readHeads(transaction);
    const byChain = new Map(heads.map((head) => [head.chain, head]));
    for (const chain of new Set([...walks.keys(), ...byChain.keys()]))
      endWalk(walks, byChain.get(chain) ?? headless(chain));
    const broken = [...walks.values()].flatMap((walk) => walk.broken ?? []);
    return { rows, heads, broken };
  }) as Promise<ChainReport>;
}

/** The report in lines for people. */
export function renderChains({ rows, heads, broken }: ChainReport): string[] {
  const lines = broken.map(({ chain, seq, reason }) => `${chain}  row ${seq} is ${reason}`);
  const verdict =
    broken.length === 0 ? 'no row is broken' : `${broken.length} chains are broken, each first at the row named`;
  return [
    ...lines,
    ...heads.map(({ chain, seq, hash }) => `${chain}  head: row ${seq} ${hash}`),
    `${heads.length.toLocaleString('en')} chains, ${rows.toLocaleString('en')} rows: ${verdict}`,
  ];
}

function readRows(sql: SqlRunner) {
  return sql<Row[]>`
    SELECT chain, seq, at, tenant_id AS tenant, credential_id AS "credentialId", user_id AS "userId", action,
           object_type AS "objectType", object_id AS "objectId", request_id AS "requestId", result, code,
           encode(before_hash, 'hex') AS "beforeHash", encode(after_hash, 'hex') AS "afterHash",
           previous_hash AS "previousHash", hash
    FROM audit_log ORDER BY chain, seq`.cursor(rowsAtOnce);
}

async function readHeads(sql: SqlRunner): Promise<ChainHead[]> {
  const rows = await sql<{ chain: string; seq: string; hash: string }[]>`
    SELECT chain, seq, encode(hash, 'hex') AS hash FROM audit_heads WHERE seq > 0 ORDER BY chain`;
  return rows.map(({ chain, seq, hash }) => ({ chain, seq: Number(seq), hash }));
}

function step(walks: Map<string, Walk>, row: Row): void {
  const walk = walks.get(row.chain) ?? { seq: 0, hash: genesisHash };
  walks.set(row.chain, walk);
  const reason = whatIsWrong(walk, row);
  if (reason !== undefined)
    walk.broken ??= { chain: row.chain, seq: reason === 'missing' ? walk.seq + 1 : Number(row.seq), reason };
  walk.seq = Number(row.seq);
  walk.hash = row.hash;
}

function whatIsWrong(walk: Walk, { previousHash, hash, ...row }: Row): BrokenRow['reason'] | undefined {
  const seq = Number(row.seq);
  if (seq !== walk.seq + 1) return 'missing';
  if (!rowHash(previousHash, { ...row, seq, at: row.at.getTime() }).equals(hash)) return 'altered';
  return previousHash.equals(walk.hash) ? undefined : 'unlinked';
}

const headless = (chain: string): ChainHead => ({ chain, seq: 0, hash: '' });

// A chain whose last rows are gone is whole but for its head, and one that is gone altogether has nothing else.
function endWalk(walks: Map<string, Walk>, { chain, seq, hash }: ChainHead): void {
  const walk = walks.get(chain) ?? { seq: 0, hash: genesisHash };
  walks.set(chain, walk);
  if (walk.seq < seq) walk.broken ??= { chain, seq: walk.seq + 1, reason: 'missing' };
  else if (walk.seq > seq || walk.hash.toString('hex') !== hash)
    walk.broken ??= { chain, seq: walk.seq, reason: 'unlinked' };
}
