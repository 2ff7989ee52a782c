import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnomalyList } from '../../../../../schemas/api/anomalies.ts';
import { acme, globex, type QueryStack, startQueryStack } from '../../../../support/query-stack.ts';

const noon = Date.UTC(2026, 1, 18, 12);
const minute = 60_000;
let stack: QueryStack;

interface Row {
  id: string;
  tenant?: string;
  service?: string;
  status?: 'firing' | 'resolved';
  startsAt?: number;
  endsAt?: number;
  score?: number;
  mutedBy?: string;
  truncated?: number;
  version?: number;
}

const instant = (at: number): string => new Date(at).toISOString().slice(0, -1);

async function insert(rows: readonly Row[]): Promise<void> {
  const texts = rows.map((row) =>
    JSON.stringify({
      tenant: row.tenant ?? acme.id,
      id: row.id,
      fingerprint: 'f',
      status: row.status ?? 'firing',
      service: row.service ?? 'checkout',
      name: 'HighCPU',
      starts_at: instant(row.startsAt ?? noon),
      ends_at: instant(row.endsAt ?? 0),
      score: row.score ?? 0.93,
      muted_by: row.mutedBy ?? '',
      labels: { severity: 'critical' },
      annotations: { summary: 's' },
      generator_url: 'http://prometheus/graph',
      truncated: row.truncated ?? 0,
      version: row.version ?? 1,
      batch_id: 'b',
      repeatable: false,
      received_at: instant(noon),
      expires_at: 4_000_000_000,
    }),
  );
  await stack.writer.command(`INSERT INTO alerts FORMAT JSONEachRow\n${texts.join('\n')}`);
}

const list = async (query = '', key?: string): Promise<AnomalyList> =>
  (await stack.get(`/api/v1/anomalies${query}`, key)).body;
const idsOf = ({ anomalies }: AnomalyList): string[] => anomalies.map(({ anomaly_id }) => anomaly_id);

beforeAll(async () => {
  stack = await startQueryStack();
  await insert([
    { id: 'anom-1', startsAt: noon, truncated: 4 },
    { id: 'anom-2', startsAt: noon + minute, service: '', score: 0.3, mutedBy: '812' },
    { id: 'anom-3', startsAt: noon + 2 * minute, service: 'search', score: 0.72 },
    { id: 'anom-4', startsAt: noon + 2 * minute },
    { id: 'anom-g', startsAt: noon, tenant: globex.id },
  ]);
  // Repeats, and the end of one, which a late repeat does not undo.
  await insert([
    { id: 'anom-3', startsAt: noon + 2 * minute, service: 'search', score: 0.72, version: 2 },
    { id: 'anom-1', status: 'resolved', endsAt: noon + 9 * minute, version: 2 ** 50 },
  ]);
  await insert([{ id: 'anom-1', version: 3 }]);
});

afterAll(() => stack?.close());

describe('GET /api/v1/anomalies', () => {
  it('lists each anomaly once, newest first, with its documented fields and ours', async () => {
    const answer = await list();
    expect(idsOf(answer)).toEqual(['anom-4', 'anom-3', 'anom-2', 'anom-1']);
    expect([answer.total, answer.page_token]).toEqual([4, null]);
    expect(answer.anomalies[3]).toEqual({
      anomaly_id: 'anom-1',
      service_id: 'checkout',
      metric_name: 'HighCPU',
      anomaly_score: 0.93,
      z_score: 4.2,
      detected_at: '2026-02-18T12:00:00Z',
      rca_triggered: false,
      resolved: true,
      kind: 'alert',
      subject_kind: 'service',
      subject: 'checkout',
      direction: null,
      starts_at: '2026-02-18T12:00:00Z',
      resolved_reason: 'sender',
      muted_by: null,
      ends_at: '2026-02-18T12:09:00Z',
      labels: { severity: 'critical' },
      annotations: { summary: 's' },
      generator_url: 'http://prometheus/graph',
      truncated_alerts: 0,
    });
    expect(answer.anomalies[2]).toMatchObject({ service_id: null, muted_by: '812', resolved: false, ends_at: null });
  });

  it.each([
    ['?service_id=search', ['anom-3']],
    ['?kind=alert&resolved=true', ['anom-1']],
    ['?kind=statistical', []],
    ['?resolved=false', ['anom-4', 'anom-3', 'anom-2']],
    ['?min_score=0.72', ['anom-4', 'anom-3', 'anom-1']],
    ['?since=2026-02-18T12:01:00Z&until=2026-02-18T12:02:00Z', ['anom-2']],
    ['?until=2026-02-18T12:01:00%2B00:00', ['anom-1']],
  ])('%s selects %j, and total counts them', async (query, ids) => {
    const answer = await list(query);
    expect([idsOf(answer), answer.total]).toEqual([ids, ids.length]);
  });

  it('pages through what is there, whatever comes in meanwhile', async () => {
    const seen: string[] = [];
    let query: string | undefined = '?limit=1';
    while (query !== undefined) {
      const page: AnomalyList = await list(query);
      expect(page.total).toBeGreaterThanOrEqual(4);
      seen.push(...idsOf(page));
      if (seen.length === 1) await insert([{ id: 'anom-9', startsAt: noon + 30 * minute, tenant: globex.id }]);
      query = page.page_token === null ? undefined : `?limit=1&page_token=${page.page_token}`;
    }
    expect(seen).toEqual(['anom-4', 'anom-3', 'anom-2', 'anom-1']);
  });

  it('takes a page token for its own list only', async () => {
    const { page_token: token } = await list('?limit=1');
    for (const query of [
      `?service_id=search&page_token=${token}`,
      '?page_token=eyJvZmZzZXQiOjUwfQ',
      `?page_token=${token}x`,
    ])
      expect((await stack.get(`/api/v1/anomalies${query}`)).status).toBe(400);
    expect((await stack.get(`/api/v1/anomalies?page_token=${token}`, 'k-both')).status).toBe(400);
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'kind=spike',
    'resolved=perhaps',
    'min_score=1.1',
    'since=yesterday',
    'until=2026-13-01T00:00:00Z',
    'since=2026-02-19T00:00:00Z&until=2026-02-18T00:00:00Z',
  ])('%s is refused in the envelope of the family', async (query) => {
    const { status, body } = await stack.get(`/api/v1/anomalies?${query}`);
    const { error } = body as { error: { code: string; message: string } };
    expect([status, Object.keys(error).sort()]).toEqual([400, ['code', 'message']]);
    expect(error.message).toContain(query.split('=')[0]);
  });

  it('shows each credential its own tenants only', async () => {
    expect(idsOf(await list('?limit=1000', 'k-both'))).toEqual([
      'anom-9',
      'anom-4',
      'anom-3',
      'anom-2',
      'anom-g',
      'anom-1',
    ]);
    expect(idsOf(await list('?orgCode=GLOBEX', 'k-both'))).toEqual(['anom-9', 'anom-g']);
    expect((await stack.get('/api/v1/anomalies?orgCode=GLOBEX')).status).toBe(404);
    expect(await list('', 'k-none')).toEqual({ anomalies: [], total: 0, page_token: null });
    expect((await stack.get('/api/v1/anomalies', 'k-ingest')).status).toBe(403);
    expect((await stack.get('/api/v1/anomalies', 'nobody')).status).toBe(401);
  });
});

describe('GET /api/v1/anomalies/{id}', () => {
  it('shows one as the list does', async () => {
    const { anomalies } = await list();
    expect(await stack.get('/api/v1/anomalies/anom-1')).toEqual({
      status: 200,
      body: { ...anomalies[3], explanation: null, resolution: null },
    });
  });

  it.each(['anom-g', 'anom-none', "anom-1'--"])('%s is not there', async (id) => {
    const { status, body } = await stack.get(`/api/v1/anomalies/${encodeURIComponent(id)}`);
    expect([status, body]).toMatchObject([404, { error: { code: 'not_found' } }]);
  });
});
