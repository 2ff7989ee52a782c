import { ApiFailure, type FieldIssue } from '../api-failure.ts';
import type { Client } from '../client.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { type BadLine, type Batch, bodyOf, type EventLine, idempotencyKeyOf } from './batches.ts';

export interface SendSummary {
  accepted: number;
  batches: number;
  /** Lines that were left out. */
  skipped: BadLine[];
}

export interface SendOptions {
  client: Client;
  /** Whether to leave out lines that are not accepted instead of stopping. */
  skipInvalid: boolean;
  onProgress: (summary: SendSummary, endByte: number) => void;
}

interface StopParts {
  summary: SendSummary;
  resumeFromLine: number;
  badLines: readonly BadLine[];
}

/** Sending has stopped: nothing of the lines from `resumeFromLine` on is stored, everything before is. */
export class SendStopped extends CliError {
  override name = 'SendStopped';
  readonly summary: SendSummary;
  readonly resumeFromLine: number;
  readonly badLines: readonly BadLine[];

  constructor(cause: CliError, parts: StopParts) {
    super(cause.exitCode, cause.message, { cause });
    this.summary = parts.summary;
    this.resumeFromLine = parts.resumeFromLine;
    this.badLines = parts.badLines;
  }
}

/** Sends the batches one after the other. Throws {@link SendStopped} at the first that is not accepted. */
export async function sendBatches(items: AsyncIterable<Batch | BadLine>, options: SendOptions): Promise<SendSummary> {
  const summary: SendSummary = { accepted: 0, batches: 0, skipped: [] };
  for await (const item of items) {
    if ('issue' in item) {
      leaveOut([item], { ...options, summary, resumeFromLine: item.number });
      continue;
    }
    summary.accepted += await sendBatch(item, { ...options, summary });
    summary.batches++;
    options.onProgress(summary, item.events.at(-1)?.endByte ?? 0);
  }
  return summary;
}

async function sendBatch(batch: Batch, context: SendOptions & { summary: SendSummary }): Promise<number> {
  const { isByLine } = batch;
  let { events } = batch;
  let accepted = 0;
  while (events.length > 0) {
    const failure = await post(context.client, { events, isByLine });
    if (failure === undefined) return accepted + events.length;
    const { badLines, stored } = outcomeOf(failure, events);
    accepted += stored;
    const resumeFromLine = events[stored]?.number ?? 0;
    if (!context.skipInvalid || badLines.length === 0) context.summary.accepted += accepted;
    leaveOut(badLines, { ...context, resumeFromLine, failure });
    events = events.slice(stored).filter(({ number }) => !badLines.some((bad) => bad.number === number));
  }
  return accepted;
}

/** Which lines a failure names, and how many at the beginning are stored for certain: of a body of lines all before the one it names. */
function outcomeOf(failure: CliError, events: readonly EventLine[]): { badLines: BadLine[]; stored: number } {
  if (!(failure instanceof ApiFailure)) return { badLines: [], stored: 0 };
  const { line, status, details } = failure;
  if (line === undefined) return { badLines: toBadLines(details, events), stored: 0 };
  const bad = events[line - 1];
  // Only what is wrong with a line is final. After anything else the same request under the same key stores nothing twice.
  if (status !== 400 || bad === undefined) return { badLines: [], stored: 0 };
  const issue = details.map((one) => (one.field === '' ? one.issue : `${one.field}: ${one.issue}`)).join('; ');
  return { badLines: [{ number: bad.number, issue }], stored: line - 1 };
}

interface Leaving {
  skipInvalid: boolean;
  summary: SendSummary;
  resumeFromLine: number;
  failure?: CliError;
}

function leaveOut(badLines: readonly BadLine[], { skipInvalid, summary, resumeFromLine, failure }: Leaving): void {
  if (!skipInvalid || badLines.length === 0) {
    const cause = failure ?? new CliError(EXIT.rejected, 'a line is no event');
    throw new SendStopped(cause, { summary, badLines, resumeFromLine });
  }
  summary.skipped.push(...badLines);
}

async function post(client: Client, batch: Batch): Promise<CliError | undefined> {
  try {
    const send = batch.isByLine ? client.postLines : client.postText;
    await send('/api/v1/events/batch', bodyOf(batch), idempotencyKeyOf(batch));
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return error;
    throw new CliError(EXIT.unavailable, 'the batch could not be sent', { cause: error });
  }
}

/** The server names the events of a batch by their index: `events[3].value`. */
function toBadLines(details: readonly FieldIssue[], events: readonly EventLine[]): BadLine[] {
  return details.flatMap(({ field, issue }) => {
    const [, index, rest] = /^events\[(\d+)\]\.?(.*)$/.exec(field) ?? [];
    const line = index === undefined ? undefined : events[Number(index)];
    return line === undefined ? [] : [{ number: line.number, issue: rest ? `${rest}: ${issue}` : issue }];
  });
}
