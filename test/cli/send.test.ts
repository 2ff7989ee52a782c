import { describe, expect, it } from 'vitest';
import { ApiFailure } from '../../cli/api-failure.ts';
import type { Client } from '../../cli/client.ts';
import { CliError, EXIT } from '../../cli/exit-codes.ts';
import {
  type BadLine,
  type Batch,
  bodyOf,
  idempotencyKeyOf,
  MAX_BATCH_BYTES,
  MAX_JSON_EVENTS,
  toBatches,
} from '../../cli/send/batches.ts';
import { MAX_LINE_BYTES, readLines } from '../../cli/send/lines.ts';
import { SendStopped, sendBatches } from '../../cli/send/send-batches.ts';

async function* bytesOf(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const event = (value: number, orgCode = 'ACME') => JSON.stringify({ orgCode, value });
const defaults = { size: 2, org: undefined, fromLine: 1, stopsAtBadLines: true };
const batchesOf = (text: string, changes: Partial<Parameters<typeof toBatches>[1]> = {}) =>
  collect(toBatches(readLines(bytesOf(text)), { ...defaults, ...changes }));
const linesIn = (items: (Batch | BadLine)[]) =>
  items.map((item) => ('issue' in item ? `bad ${item.number}` : item.events.map(({ number }) => number)));

describe('the lines of a file', () => {
  it('keep their numbers, whatever ends them and wherever the chunks are cut', async () => {
    const text = Buffer.from('\uFEFF{"a":"ä"}\r\n\n  {"b":2}\n{"c":3}');
    for (let at = 0; at < text.length; at++) {
      const lines = await collect(readLines(bytesOf(text.subarray(0, at), text.subarray(at))));
      expect(lines.map(({ number, text: shown }) => [number, shown])).toEqual([
        [1, '{"a":"ä"}'],
        [3, '{"b":2}'],
        [4, '{"c":3}'],
      ]);
      expect(lines.at(-1)?.endByte).toBe(text.length);
    }
  });

  it('are refused when one is longer than any event', async () => {
    const long = bytesOf('{}\n', Buffer.alloc(MAX_LINE_BYTES + 1, 'x'));
    await expect(collect(readLines(long))).rejects.toThrow(`line 2 is longer than ${MAX_LINE_BYTES} bytes`);
  });
});

describe('batches', () => {
  it('hold as many events as allowed, of one organization each, in their order', async () => {
    const text = [event(1), event(2), event(3), event(4, 'BETA'), event(5, 'BETA'), event(6)].join('\n');
    expect(linesIn(await batchesOf(text))).toEqual([[1, 2], [3], [4, 5], [6]]);
    expect(linesIn(await batchesOf(text, { fromLine: 3 }))).toEqual([[3], [4, 5], [6]]);
  });

  it('stay below the size of a request', async () => {
    const large = JSON.stringify({ orgCode: 'ACME', note: 'x'.repeat(MAX_BATCH_BYTES / 5) });
    const batches = await batchesOf(Array(9).fill(large).join('\n'), { size: 1_000 });
    expect(linesIn(batches)).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9]]);
  });

  it('end before a line that is no event, unless such lines are only left out', async () => {
    const text = [event(1), 'no json', '[1]', event(4)].join('\n');
    expect(linesIn(await batchesOf(text))).toEqual([[1], 'bad 2', 'bad 3', [4]]);
    expect(linesIn(await batchesOf(text, { stopsAtBadLines: false }))).toEqual(['bad 2', 'bad 3', [1, 4]]);
  });

  it('give events the organization they do not name', async () => {
    const [batch] = await batchesOf('{"value":1}\n{"orgCode":"BETA","value":2}', { org: 'ACME' });
    expect(bodyOf(batch as Batch)).toBe('{"events":[{"orgCode":"ACME","value":1}]}');
  });

  it('have the key of their lines and place: the same each time, another one for anything else', async () => {
    const keysOf = async (text: string, fromLine = 1) =>
      (await batchesOf(text, { fromLine })).map((batch) => idempotencyKeyOf(batch as Batch));
    const same = [event(1), event(2), event(1), event(2)].join('\n');
    const keys = await keysOf(same);
    expect(await keysOf(same)).toEqual(keys);
    expect(await keysOf(same, 3)).toEqual(keys.slice(1));
    expect(new Set(keys).size).toBe(2);
    expect(keys[0]).toMatch(/^cli-[\w-]{43}$/);
  });
});

/** A server that accepts what is no event of the given lines' values. */
function serverRefusing(refused: readonly number[], posted: string[]): Client {
  const postText = async (_path: string, body: string) => {
    posted.push(body);
    const { events } = JSON.parse(body) as { events: { value: number }[] };
    const details = events.flatMap(({ value }, index) =>
      refused.includes(value) ? [{ field: `events[${index}].value`, issue: 'must be a positive number' }] : [],
    );
    if (details.length > 0) throw new ApiFailure(400, { message: 'invalid', details });
    return { accepted: events.length };
  };
  const never = () => Promise.reject(new Error('not expected'));
  return { postText: postText as Client['postText'], postLines: never, get: never, post: never, delete: never };
}

const text = [event(1), event(2), event(3), 'no json', event(5)].join('\n');
const sendAll = async (client: Client, skipInvalid: boolean) =>
  sendBatches(toBatches(readLines(bytesOf(text)), { ...defaults, stopsAtBadLines: !skipInvalid }), {
    client,
    skipInvalid,
    onProgress: () => undefined,
  });

describe('sending', () => {
  it('stops at the first batch that is not accepted, naming its lines and where to go on', async () => {
    const stop = await sendAll(serverRefusing([3], []), false).catch((error: unknown) => error);
    expect(stop).toBeInstanceOf(SendStopped);
    expect(stop).toMatchObject({
      exitCode: EXIT.rejected,
      resumeFromLine: 3,
      badLines: [{ number: 3, issue: 'value: must be a positive number' }],
      summary: { accepted: 2 },
    });
  });

  it('stops at a line that is no event once everything before it is stored', async () => {
    const stop = await sendAll(serverRefusing([], []), false).catch((error: unknown) => error);
    expect(stop).toMatchObject({ resumeFromLine: 4, badLines: [{ number: 4 }], summary: { accepted: 3, batches: 2 } });
  });

  it('leaves out what is not accepted when told to, and stores everything else', async () => {
    const posted: string[] = [];
    const summary = await sendAll(serverRefusing([2, 5], posted), true);
    expect(summary.accepted).toBe(2);
    expect(summary.skipped.map(({ number }) => number).sort()).toEqual([2, 4, 5]);
  });

  it('stops when the server is away, with the code of that', async () => {
    const away = { ...serverRefusing([], []), postText: () => Promise.reject(new CliError(EXIT.unavailable, 'away')) };
    await expect(sendAll(away, true)).rejects.toMatchObject({ exitCode: EXIT.unavailable, resumeFromLine: 1 });
  });
});

describe('large batches', () => {
  const long = Array.from({ length: 2_500 }, (_, value) => event(value)).join('\n');
  const size = MAX_JSON_EVENTS + 1_000;

  /** A server that takes lines, and ends at those of the given values. */
  function serverOfLines(refused: readonly number[], failure = { status: 400, times: Number.POSITIVE_INFINITY }) {
    const posted: string[][] = [];
    const keys: string[] = [];
    const postLines = async (_path: string, body: string, key: string) => {
      const lines = body.trimEnd().split('\n');
      posted.push(lines);
      keys.push(key);
      const at = lines.findIndex((line) => refused.includes((JSON.parse(line) as { value: number }).value));
      if (at < 0 || failure.times-- <= 0) return { accepted: lines.length };
      const details = failure.status === 400 ? [{ field: 'value', issue: 'must be a positive number' }] : [];
      throw new ApiFailure(failure.status, { message: 'refused', details, line: at + 1 });
    };
    const never = () => Promise.reject(new Error('not expected'));
    const client: Client = {
      postLines: postLines as Client['postLines'],
      postText: never,
      get: never,
      post: never,
      delete: never,
    };
    return { client, posted, keys };
  }
  const sendLong = (client: Client, skipInvalid: boolean) =>
    sendBatches(toBatches(readLines(bytesOf(long)), { ...defaults, size, stopsAtBadLines: !skipInvalid }), {
      client,
      skipInvalid,
      onProgress: () => undefined,
    }).catch((error: unknown) => error);

  it('are sent line by line', async () => {
    const { client, posted } = serverOfLines([]);
    expect(await sendLong(client, false)).toMatchObject({ accepted: 2_500, batches: 2 });
    expect(posted.map(({ length }) => length)).toEqual([2_000, 500]);
  });

  it('stop at the line the server names: all before it is stored', async () => {
    const { client } = serverOfLines([2_100]);
    expect(await sendLong(client, false)).toMatchObject({
      resumeFromLine: 2_101,
      badLines: [{ number: 2_101, issue: 'value: must be a positive number' }],
      summary: { accepted: 2_100 },
    });
  });

  it('go on behind the lines that are left out', async () => {
    const { client, posted } = serverOfLines([5, 7]);
    const summary = await sendLong(client, true);
    expect(summary).toMatchObject({ accepted: 2_498, skipped: [{ number: 6 }, { number: 8 }] });
    expect(posted.map(({ length }) => length)).toEqual([2_000, 1_994, 1_992, 500]);
  });

  it('are to be sent again from their beginning when what became of them is not known', async () => {
    const { client, keys } = serverOfLines([1_500], { status: 503, times: 1 });
    expect(await sendLong(client, true)).toMatchObject({ resumeFromLine: 1, summary: { accepted: 0 } });
    await sendLong(client, true);
    expect(keys[1]).toBe(keys[0]);
  });
});
