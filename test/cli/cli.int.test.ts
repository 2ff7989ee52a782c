import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningPipeline, startPipeline } from '../../bench/support/running-pipeline.ts';
import { run } from '../../cli/program.ts';
import { findFreePort } from '../../platform/embedded/free-port.ts';
import type { AnomalyList } from '../../schemas/api/anomalies.ts';
import { runProgram, waitFor } from '../support/processes.ts';

const SOON_MS = 20_000;
let folder: string;
let pipeline: RunningPipeline;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-cli-'));
  pipeline = await startPipeline({});
  await post('/api/v1/organizations', { code: 'ACME', name: 'Acme' });
  await post('/api/v1/capabilities', { orgCode: 'ACME', code: 'P2P', name: 'Procure to pay' });
});
afterAll(async () => {
  await pipeline.stop();
  await rm(folder, { recursive: true, force: true });
});

async function post(path: string, body: unknown): Promise<void> {
  const headers = { 'x-api-key': pipeline.adminKey, 'content-type': 'application/json' };
  const response = await fetch(`${pipeline.apiUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
}

interface Outcome {
  code: number;
  out: string;
  err: string;
}

async function tidemark(args: string[], { input = '', isTerminal = false, env = {} } = {}): Promise<Outcome> {
  const outcome: Outcome = { code: -1, out: '', err: '' };
  outcome.code = await run(args, {
    env: { TIDEMARK_URL: pipeline.apiUrl, TIDEMARK_API_KEY: pipeline.adminKey, ...env },
    stdin: Readable.from([Buffer.from(input)]),
    out: (text) => {
      outcome.out += text;
    },
    err: (text) => {
      outcome.err += text;
    },
    isTerminal,
    sleep: async () => undefined,
  });
  return outcome;
}

const ndjson = (values: readonly number[]) =>
  values
    .map((value) => JSON.stringify({ capabilityCode: 'P2P', metricType: 'CycleTime', value, timestamp: at(value) }))
    .join('\n');
const at = (value: number) => new Date(Date.now() - (Math.abs(value) % 100) * 1_000 - 60_000).toISOString();
const storedCount = async () => {
  const { out } = await tidemark(['metrics', '--capability', 'P2P', '--json']);
  return (JSON.parse(out) as { data: { count: number }[] }).data[0]?.count ?? 0;
};

describe('send', () => {
  it('stores the events of a file once, however often it is sent, with a progress bar for those who watch', async () => {
    const file = join(folder, 'events.ndjson');
    await writeFile(file, ndjson(Array.from({ length: 120 }, (_, index) => index)));
    const args = ['send', file, '--org', 'ACME', '--batch-size', '50'];
    const first = await tidemark(args, { isTerminal: true });
    expect(first).toMatchObject({ code: 0, out: '120 events stored in 3 requests\n' });
    expect(first.err).toMatch(/\r.*\[=+\] 100 % 120 events stored\n$/);
    const again = await tidemark([...args, '--json']);
    expect(JSON.parse(again.out)).toEqual({ accepted: 120, batches: 3, skipped: [] });
    expect(again.err).toBe('');
    await waitFor(async () => (await storedCount()) >= 120, SOON_MS);
    expect(await storedCount()).toBe(120);
  });

  it('names the line the server does not accept, and goes on from there', async () => {
    const lines = ndjson([1, 2, -3, 4]).split('\n');
    const stopped = await tidemark(['send', '--org', 'ACME', '--batch-size', '2'], { input: lines.join('\n') });
    expect(stopped.code).toBe(4);
    expect(stopped.err).toContain('line 3: value: must be a positive number\n');
    expect(stopped.err).toContain('2 events are stored: go on with --from-line 3');
    const left = ['send', '--org', 'ACME', '--batch-size', '2', '--from-line', '3', '--skip-invalid', '--json'];
    const rest = await tidemark(left, { input: lines.join('\n') });
    expect(rest.code).toBe(4);
    expect(JSON.parse(rest.out)).toMatchObject({ accepted: 1, skipped: [{ number: 3 }] });
  });

  it('says which line is no JSON', async () => {
    const { code, err } = await tidemark(['send', '--org', 'ACME'], { input: `${ndjson([7])}\nnonsense\n` });
    expect([code, err]).toEqual([4, expect.stringContaining('line 2: is not a JSON object\n')]);
  });

  it('says that a file cannot be read', async () => {
    expect(await tidemark(['send', join(folder, 'none')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('none cannot be read: ENOENT'),
    });
  });
});

describe('figures', () => {
  it('of a range are shown as a table', async () => {
    const { code, out } = await tidemark(['metrics', '--org', 'ACME', '--group-by', 'urgency']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^ORG +CAPABILITY +METRIC +urgency +COUNT +AVG +P50 +P95 +MIN +MAX +SLA %\nACME +P2P +CycleTime +- +\d+ /,
    );
  });

  it('of one metric are shown over time', async () => {
    const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
    const range = ['--from', day(-1), '--to', day(0)];
    const { code, out } = await tidemark(['series', 'met_P2P_CycleTime', ...range, '--interval', 'day']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^DATE +COUNT +AVG .*\n\d{4}-\d\d-\d\d +\d+ /)]);
    const missing = await tidemark(['series', '../keys', ...range]);
    expect(missing).toMatchObject({ code: 4, err: expect.stringMatching(/^404 /) });
  });
});

describe('keys', () => {
  it('are made, listed, used and revoked', async () => {
    const made = await tidemark(['key', 'create', '--name', 'From the CLI', '--scope', 'Query']);
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^mk_live_\S+\n$/) });
    const env = { TIDEMARK_API_KEY: made.out.trim() };
    expect((await tidemark(['metrics'], { env })).code).toBe(0);
    expect(await tidemark(['key', 'list'], { env })).toMatchObject({ code: 3, err: expect.stringMatching(/^403 /) });
    const id = /created (key_\w+);/.exec(made.err)?.[1] ?? '';
    expect((await tidemark(['key', 'list'])).out).toMatch(new RegExp(`${id} +From the CLI +Query`));
    expect((await tidemark(['key', 'revoke', id])).out).toMatch(new RegExp(`^revoked ${id} at `));
    const refused = async () => (await tidemark(['metrics'], { env })).code === 3;
    await waitFor(refused, 2_000);
    expect((await tidemark(['metrics'], { env })).err).toContain('401 Invalid or missing API key. Check --key');
  });
});

describe('tenants', () => {
  it('are created, listed, and named by a token of theirs', async () => {
    const made = await tidemark(['tenant', 'create', 'acme-labs', '--name', 'Acme Labs']);
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^created acme-labs at /) });
    const { out } = await tidemark(['tenant', 'list']);
    expect(out).toMatch(/^TENANT +NAME +PLAN +EVENTS THIS MONTH +CREATED\n/);
    expect(out).toMatch(/\nacme-labs +Acme Labs /);
    const again = await tidemark(['tenant', 'create', 'acme-labs']);
    expect([again.code, again.err]).toEqual([4, expect.stringMatching(/^409 /)]);
    const token = await tidemark(['token', '--tenant', 'acme-labs', '--expires-in', '300']);
    expect(token).toMatchObject({ code: 0, out: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/) });
    const env = { TIDEMARK_API_KEY: token.out.trim() };
    expect((await tidemark(['metrics'], { env })).code).toBe(0);
  });

  it('leave their creation in the audit log', async () => {
    const { code, out } = await tidemark(['audit', '--limit', '150']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^AT +WHO +ACTION +OBJECT +RESULT +REQUEST\n/)]);
    expect(out).toMatch(/tenant\.create|organization\.create/);
    const few = await tidemark(['audit', '--limit', '1', '--json']);
    expect(JSON.parse(few.out).data).toHaveLength(1);
  });
});

describe('the program', () => {
  it('ends with its exit codes as a process, and reads standard input', async () => {
    const env = { TIDEMARK_URL: pipeline.apiUrl, TIDEMARK_API_KEY: pipeline.adminKey };
    const listed = runProgram('cli/main.ts', ['key', 'list', '--json'], env);
    expect((await listed.ended).code).toBe(0);
    expect(JSON.parse(listed.lines.join('\n'))).toHaveProperty('data');
    const lost = runProgram('cli/main.ts', ['--url', `http://127.0.0.1:${await findFreePort()}`, 'metrics'], env);
    expect((await lost.ended).code).toBe(1);
    expect(lost.lines.join()).toContain('is Tidemark running?');
  });

  it.each([
    ['an unknown command', ['conquer']],
    ['a number out of range', ['send', '--batch-size', '1001']],
    ['a missing option', ['series', 'met_x_y']],
    ['no key', ['metrics', '--key', '']],
  ])('ends with 2 for %s', async (_what, args) => {
    const { code, out, err } = await tidemark(args, { env: { TIDEMARK_API_KEY: undefined } });
    expect([code, out]).toEqual([2, '']);
    expect(err).not.toBe('');
  });

  it('explains itself', async () => {
    const { code, out } = await tidemark(['--help']);
    expect([code, out]).toEqual([0, expect.stringContaining('Exit codes: 0 done; 1 ')]);
  });
});

describe('services', () => {
  it('are listed with what was last seen of them, and what was deployed last', async () => {
    const listed = async () => (await tidemark(['services'])).out;
    expect(await listed()).toBe('nothing found\n');
    await post('/events/deployments', { service: 'payment-api', version: 'v2', environment: 'production' });
    await waitFor(async () => (await listed()) !== 'nothing found\n', SOON_MS);
    expect(await listed()).toMatch(/^ORG .*\nDEFAULT +payment-api +\S+Z +- +- +production +v2\n$/);
  });
});

describe('anomalies', () => {
  const startsAt = '2026-04-10T12:00:00Z';
  const alert = (name: string, rest: object = {}) => ({
    status: 'firing',
    labels: { alertname: name, service_id: 'payment-api', severity: 'critical' },
    startsAt: new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, ''),
    ...rest,
  });
  const listed = async () => (JSON.parse((await tidemark(['--json', 'anomalies'])).out) as AnomalyList).anomalies;

  it('are listed as a table, newest first, and as JSON', async () => {
    await post('/t/ACME/api/v1/alerts/webhook', { alerts: [alert('HighCPU')] });
    await waitFor(async () => (await listed()).length === 1, SOON_MS);
    const { code, out } = await tidemark(['anomalies', '--service', 'payment-api', '--min-score', '0.5']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^AT +STATE +SCORE +SUBJECT +METRIC +KIND +ID\n\S+ +open +0\.\d+ +payment-api +HighCPU +alert +anom-\w+\n$/,
    );
    expect((await tidemark(['anomalies', '--until', startsAt])).out).toBe('nothing found\n');
    expect((await tidemark(['anomalies', '--follow', '--until', startsAt])).code).toBe(2);
  });

  it('are followed: a line for each that is new or resolved, once', async () => {
    const lines: string[] = [];
    const pauses: number[] = [];
    const enough = new Error('seen enough');
    const following = run(['anomalies', '--follow', '--interval', '1'], {
      env: { TIDEMARK_URL: pipeline.apiUrl, TIDEMARK_API_KEY: pipeline.adminKey },
      stdin: Readable.from([]),
      out: (text) => void lines.push(text),
      err: () => undefined,
      isTerminal: false,
      async sleep(durationMs) {
        pauses.push(durationMs);
        if (pauses.length === 1) await post('/t/ACME/api/v1/alerts/webhook', { alerts: [alert('DiskFull')] });
        if (lines.length === 3) throw enough;
        if (lines.length < 2) return;
        const known = await listed();
        const startsAt = known.find(({ metric_name: name }) => name === 'DiskFull')?.detected_at ?? '';
        const end = { status: 'resolved', startsAt, endsAt: new Date().toISOString() };
        await post('/t/ACME/api/v1/alerts/webhook', { alerts: [alert('DiskFull', end)] });
      },
    });
    await expect(following).rejects.toBe(enough);
    expect(lines.map((line) => line.split(/ {2,}/)).map(([, state, , , metric]) => `${metric} ${state}`)).toEqual([
      'HighCPU open',
      'DiskFull open',
      'DiskFull resolved',
    ]);
    expect(pauses.every((durationMs) => durationMs === 1_000)).toBe(true);
  });
});
