import { createHash } from 'node:crypto';
import { ApiError, type FieldIssue } from '../../platform/errors.ts';
import { parseJson } from '../../platform/http/body-parser.ts';
import type { RecordPlace } from '../stored.ts';
import type { LineChunk, NdjsonLine } from './line-chunks.ts';

/** Where the items of the lines go. */
export interface LineSink {
  /**
   * Stores the items in one record. ApiError 400 whose details name items by their position (`[3].level`, `events[3].value`) when some are
   * invalid, and then none is stored. `key` says for the ids of a repeatable request which part of it this is.
   */
  store(items: readonly unknown[], key: string): Promise<RecordPlace>;
  /** The error for the first line that is not accepted. */
  refuse(line: number, issues: FieldIssue[]): ApiError;
}

export interface LinesOutcome {
  /** Lines that are stored: all before `failure.line` but blank ones. */
  accepted: number;
  /** Where the last of them are. */
  record?: RecordPlace;
  /** Why it ended before the last line, and the first line that is not stored, as far as is known. */
  failure?: { error: unknown; line: number };
}

/** Stores the lines chunk by chunk, each all or none, until one is not accepted: then what is before it in its chunk is stored too. Never rejects. */
export async function storeLines(chunks: AsyncIterable<LineChunk>, sink: LineSink): Promise<LinesOutcome> {
  const outcome: LinesOutcome = { accepted: 0 };
  let line = 1;
  try {
    for await (const chunk of chunks) {
      line = chunk.lines[0]?.number ?? line;
      const bad = await storeChunk(chunk, { sink, outcome });
      if (bad !== undefined)
        return { ...outcome, failure: { line: bad.number, error: sink.refuse(bad.number, bad.issues) } };
      line = (chunk.lines.at(-1)?.number ?? 0) + 1;
    }
    return outcome;
  } catch (error) {
    return { ...outcome, failure: { error, line } };
  }
}

interface BadLine {
  number: number;
  issues: FieldIssue[];
}

async function storeChunk(
  chunk: LineChunk,
  { sink, outcome }: { sink: LineSink; outcome: LinesOutcome },
): Promise<BadLine | undefined> {
  const parsed = parseLines(chunk);
  const store = async (items: readonly unknown[]) => {
    if (items.length === 0) return;
    outcome.record = await sink.store(items, keyOf(chunk.lines.slice(0, items.length)));
    outcome.accepted += items.length;
  };
  try {
    await store(parsed.items);
    return parsed.bad;
  } catch (error) {
    const first = firstInvalid(error);
    const number = chunk.lines[first?.index ?? -1]?.number;
    if (first === undefined || number === undefined) throw error;
    await store(parsed.items.slice(0, first.index));
    return { number, issues: first.issues };
  }
}

/** The values of the lines up to the first that is no JSON. */
function parseLines({ lines, bad }: LineChunk): { items: unknown[]; bad?: BadLine } {
  const items: unknown[] = [];
  for (const { number, bytes } of lines) {
    try {
      items.push(parseJson(bytes));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { items, bad: { number, issues: issuesOf(error) } };
    }
  }
  return bad === undefined
    ? { items }
    : { items, bad: { number: bad.number, issues: [{ field: '', issue: bad.issue }] } };
}

// The sentences are about bodies.
function issuesOf({ message, details }: ApiError): FieldIssue[] {
  return details ?? [{ field: '', issue: message.replace(/^Request body /, '').replace(/\.$/, '') }];
}

function firstInvalid(error: unknown): { index: number; issues: FieldIssue[] } | undefined {
  if (!(error instanceof ApiError) || error.statusCode !== 400) return undefined;
  const named = (error.details ?? []).flatMap(({ field, issue }) => {
    const [, index, rest = ''] = /^(?:events)?\[(\d+)\]\.?(.*)$/.exec(field) ?? [];
    return index === undefined ? [] : [{ index: Number(index), field: rest, issue }];
  });
  const index = Math.min(...named.map((one) => one.index));
  const issues = named.filter((one) => one.index === index).map(({ field, issue }) => ({ field, issue }));
  return named.length === 0 ? undefined : { index, issues };
}

/** The same for the same lines at the same place of a body. */
function keyOf(lines: readonly NdjsonLine[]): string {
  const digest = createHash('sha256');
  for (const { bytes } of lines) digest.update(bytes).update('\n');
  return `${lines[0]?.number}\n${digest.digest('base64')}`;
}
