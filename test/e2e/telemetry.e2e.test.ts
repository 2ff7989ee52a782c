import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningPipeline, startPipeline } from '../../bench/support/running-pipeline.ts';
import { waitFor } from '../support/processes.ts';

const lines: string[] = [];
let pipeline: RunningPipeline;
beforeAll(async () => {
  pipeline = await startPipeline({ onLine: (line) => lines.push(line) });
});
afterAll(() => pipeline.stop());

async function send(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const stored = response.headers.get('x-tidemark-stored');
  return { status: response.status, stored, body: (await response.json()) as Record<string, unknown> };
}

async function read<T>(path: string): Promise<T> {
  const response = await fetch(`${pipeline.apiUrl}${path}`, { headers: { 'x-api-key': pipeline.adminKey } });
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}

const log = (service: string, message: string) => ({ service, level: 'error', message, metadata: { env: 'prod' } });

it('takes telemetry on both ports without a key, says so loudly, and shows it', async () => {
  expect(lines.some((line) => line.includes('TELEMETRY IS OPEN'))).toBe(true);
  const one = await send(`${pipeline.ingestUrl}/events/logs?wait=stored`, log('api-gateway', 'Upstream timeout'));
  expect(one).toMatchObject({ status: 202, stored: 'true', body: { queued: true } });
  const ndjson = [log('billing', 'first'), log('billing', 'second')].map((item) => JSON.stringify(item)).join('\n');
  const headers = { 'content-type': 'application/x-ndjson' };
  const batch = await send(`${pipeline.apiUrl}/events/logs/batch?wait=stored`, ndjson, headers);
  expect(batch).toMatchObject({ status: 202, stored: 'true', body: { accepted: 2 } });
  const { data } = await read<{ data: Record<string, unknown>[] }>('/api/v1/logs?orgCode=DEFAULT');
  expect(data).toHaveLength(3);
  expect(data.find(({ id }) => id === one.body.id)).toMatchObject({
    service: 'api-gateway',
    message: 'Upstream timeout',
  });

  const deployment = { service: 'billing', version: 'v2', environment: 'production' };
  expect(await send(`${pipeline.ingestUrl}/events/deployments?wait=stored`, deployment)).toMatchObject({
    stored: 'true',
  });
  const deployments = await read<{ data: Record<string, unknown>[] }>('/api/v1/deployments?orgCode=DEFAULT');
  expect(deployments.data).toMatchObject([deployment]);

  const point = { service: 'billing', name: 'queue_length', value: -3, unit: 'count' };
  const points = await send(`${pipeline.ingestUrl}/events/metrics/batch?wait=stored`, [point, point]);
  expect(points).toMatchObject({ status: 202, stored: 'true', body: { accepted: 2 } });
});

it('refuses the sixth service of the default organization', async () => {
  for (const service of ['three', 'four', 'five']) {
    expect((await send(`${pipeline.ingestUrl}/events/logs`, log(service, 'm'))).status).toBe(202);
  }
  const sixth = await send(`${pipeline.ingestUrl}/events/logs`, log('six', 'm'));
  expect(sixth).toMatchObject({
    status: 403,
    body: { statusCode: 403, message: expect.stringContaining('5 services') },
  });
});

it('needs a key within a second of one being issued', async () => {
  const issued = await send(
    `${pipeline.apiUrl}/api/v1/keys`,
    { name: 'telemetry', scope: 'Ingest', orgCode: 'DEFAULT' },
    { 'x-api-key': pipeline.adminKey },
  );
  const status = async () => (await send(`${pipeline.ingestUrl}/events/logs`, log('billing', 'm'))).status;
  await waitFor(async () => (await status()) === 401, 1_500);
  const headers = { 'x-api-key': String(issued.body.key), 'x-organization-id': 'default' };
  expect((await send(`${pipeline.ingestUrl}/events/logs`, log('billing', 'm'), headers)).status).toBe(202);
});
