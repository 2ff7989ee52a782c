import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { wholeNumber } from '../arguments.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { createProgress } from '../progress.ts';
import { type BadLine, type Batch, toBatches } from '../send/batches.ts';
import { readLines } from '../send/lines.ts';
import { SendStopped, type SendSummary, sendBatches } from '../send/send-batches.ts';
import { type Context, createContext } from '../settings.ts';
import { printable } from '../table.ts';

interface SendOptions {
  org?: string;
  batchSize?: number;
  fromLine: number;
  skipInvalid: boolean;
}

interface Source {
  bytes: AsyncIterable<Uint8Array>;
  /** Undefined when nobody knows. */
  size: number | undefined;
}

const maxBatchSize = 50_000;
const defaultBatchSize = 500;
/** For files that are large enough for fewer, larger requests to pay. */
const bulkBatchSize = 20_000;
const bulkBytes = 8 * 1024 * 1024;
const maxLine = 1_000_000_000;
const shownBadLines = 20;

/** `send`: events from a file or standard input, one JSON object a line. */
export function addSendCommand(program: Command, io: Io): void {
  program
    .command('send')
    .description('send events, one JSON object a line (NDJSON)')
    .argument('[file]', 'a file, or - for standard input', '-')
    .option('--org <code>', 'organization of events that name none')
    .option(
      '--batch-size <n>',
      `events in one request (default: ${defaultBatchSize}, of files of 8 MiB and more ${bulkBatchSize})`,
      wholeNumber(1, maxBatchSize),
    )
    .option('--from-line <n>', 'first line to send, to go on where sending stopped', wholeNumber(1, maxLine), 1)
    .option('--skip-invalid', 'leave out lines that are not accepted instead of stopping', false)
    .action(async (file: string, options: SendOptions, command: Command) => {
      const context = createContext(command, io);
      const source = await openSource(file, io);
      const { org, batchSize: size = defaultSize(source), fromLine, skipInvalid } = options;
      const batches = toBatches(readLines(source.bytes), { size, org, fromLine, stopsAtBadLines: !skipInvalid });
      report(context, await send(batches, { context, source, skipInvalid }));
    });
}

const defaultSize = ({ size = 0 }: Source): number => (size >= bulkBytes ? bulkBatchSize : defaultBatchSize);

interface Sending {
  context: Context;
  source: Source;
  skipInvalid: boolean;
}

async function send(batches: AsyncIterable<Batch | BadLine>, sending: Sending): Promise<SendSummary> {
  const { context, source, skipInvalid } = sending;
  const progress = createProgress(context.io);
  try {
    return await sendBatches(batches, {
      client: context.client,
      skipInvalid,
      onProgress: ({ accepted }, endByte) => {
        progress.show(source.size === undefined ? undefined : endByte / source.size, `${accepted} events stored`);
      },
    });
  } catch (error) {
    throw error instanceof SendStopped ? describeStop(error, context) : error;
  } finally {
    progress.end();
  }
}

/** Says what is stored, which lines are not accepted and where to go on. */
function describeStop(stop: SendStopped, { io, isJson }: Context): CliError {
  const { summary, badLines, resumeFromLine, exitCode, message } = stop;
  if (isJson) io.out(`${JSON.stringify({ ...summary, rejected: badLines, resumeFromLine })}\n`);
  const advice = `${summary.accepted} events are stored: go on with --from-line ${resumeFromLine} and the same --batch-size, then none is stored twice`;
  return new CliError(exitCode, `${describeLines(badLines)}${message}\n${advice}`, { cause: stop });
}

function report({ io, isJson }: Context, summary: SendSummary): void {
  const { accepted, batches, skipped } = summary;
  io.err(describeLines(skipped));
  if (isJson) io.out(`${JSON.stringify(summary)}\n`);
  else io.out(`${accepted} events stored in ${batches} requests\n`);
  if (skipped.length > 0) throw new CliError(EXIT.rejected, `${skipped.length} lines were left out`);
}

function describeLines(lines: readonly BadLine[]): string {
  const shown = lines.slice(0, shownBadLines).map(({ number, issue }) => `line ${number}: ${printable(issue)}\n`);
  const rest = lines.length - shown.length;
  return shown.join('') + (rest > 0 ? `and ${rest} more lines\n` : '');
}

async function openSource(file: string, io: Io): Promise<Source> {
  if (file === '-') return { bytes: io.stdin, size: undefined };
  try {
    const { size } = await stat(file);
    return { bytes: createReadStream(file), size };
  } catch (error) {
    throw new CliError(EXIT.usage, `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    });
  }
}
