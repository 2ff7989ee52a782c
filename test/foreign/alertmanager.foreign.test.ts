import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiClient, createApiClient } from '../../bench/support/client.ts';
import { type RunningPipeline, startPipeline, unattended } from '../../bench/support/running-pipeline.ts';
import { findFreePort } from '../../platform/embedded/free-port.ts';
import type { Anomaly, AnomalyList } from '../../schemas/api/anomalies.ts';
import { type RunningProgram, startAlertmanager, startPrometheus } from '../support/foreign-programs.ts';
import { waitFor } from '../support/processes.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

/** How long the receiver is away. Alertmanager tries at least every ten seconds. */
const AWAY_MS = Number(process.env.TIDEMARK_TEST_RECEIVER_AWAY_S ?? 3) * 1_000;
const ARRIVAL_MS = 60_000;
const POLL_MS = 100;

let pipeline: RunningPipeline;
let api: ApiClient;
let webhookUrl: string;
let proxy: TcpProxy;
let webhookPort: number;
let pair: RunningProgram[] = [];
let prometheus: RunningProgram;
let application: Server;
let pressure = 0;

beforeAll(async () => {
  webhookPort = await findFreePort();
  webhookUrl = `http://127.0.0.1:${webhookPort}`;
  pipeline = await startPipeline({ env: { ...unattended, TIDEMARK_WEBHOOK_PORT: String(webhookPort) } });
  api = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  await api.post('/api/v1/organizations', { code: 'GROUPED', name: 'Grouped' });
  proxy = await startTcpProxy();
  proxy.target(webhookPort);
  application = createServer((_request, response) => response.end(`pressure ${pressure}\n`)).listen(0, '127.0.0.1');
  const ports = [await findFreePort(), await findFreePort()];
  pair = await Promise.all(
    ports.map((port) =>
      startAlertmanager({ config: receivers(), cluster: { port, peers: ports.filter((p) => p !== port) } }),
    ),
  );
  prometheus = await startPrometheus(rules());
});

afterAll(async () => {
  application?.close();
  await Promise.all([prometheus?.stop(), ...pair.map((one) => one.stop())]);
  await proxy?.close();
  await pipeline?.stop();
});

function receivers(): unknown {
  const path = '/api/v1/alerts/webhook';
  const grouped = `${pipeline.apiUrl}/t/grouped${path}`;
  const authorization = { credentials: pipeline.adminKey };
  return {
    route: {
      receiver: 'plain',
      group_by: ['alertname'],
      group_wait: '100ms',
      group_interval: '1s',
      repeat_interval: '1h',
      routes: ['grouped', 'truncating', 'proxied'].map((receiver) => ({
        receiver,
        matchers: [`scenario="${receiver}"`],
        group_by: ['scenario'],
      })),
    },
    receivers: [
      { name: 'plain', webhook_configs: [{ url: webhookUrl + path }] },
      { name: 'grouped', webhook_configs: [{ url: grouped, http_config: { authorization } }] },
      { name: 'truncating', webhook_configs: [{ url: webhookUrl + path, max_alerts: 2 }] },
      { name: 'proxied', webhook_configs: [{ url: `http://127.0.0.1:${proxy.port}${path}` }] },
    ],
  };
}

function rules() {
  const { port } = application.address() as AddressInfo;
  const targets = pair.map(({ url }) => new URL(url).host);
  const rule = {
    alert: 'HighPressure',
    expr: 'pressure > 0',
    labels: { service_id: 'boiler', severity: 'critical' },
    annotations: { summary: 'pressure {{ $value }}' },
  };
  return {
    config: {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.json'],
      alerting: { alertmanagers: [{ static_configs: [{ targets }] }] },
      scrape_configs: [{ job_name: 'boiler-room', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
    },
    files: { 'rules.json': { groups: [{ name: 'boiler', rules: [rule] }] } },
  };
}

async function anomaliesOf(service: string): Promise<Anomaly[]> {
  const { anomalies } = await api.get<AnomalyList>('/api/v1/anomalies', { service_id: service });
  return anomalies;
}

/** The anomalies of a service, newest first, once they are as wanted. */
async function anomaliesWhen(service: string, isSo: (anomalies: Anomaly[]) => boolean): Promise<Anomaly[]> {
  let found: Anomaly[] = [];
  await waitFor(async () => {
    found = await anomaliesOf(service);
    if (!isSo(found)) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    return isSo(found);
  }, ARRIVAL_MS);
  return found;
}

/** Alerts as Prometheus posts them. */
async function post(to: RunningProgram, alerts: readonly Record<string, unknown>[]): Promise<void> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(alerts) };
  const answer = await fetch(`${to.url}/api/v2/alerts`, init);
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

async function postsOfFiring(): Promise<number> {
  const text = await (await fetch(`${webhookUrl}/metrics`)).text();
  const counts = [...text.matchAll(/^tidemark_alerts_accepted_total\{status="firing"[^}]*\} (\d+)/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

const first = (): RunningProgram => pair[0] as RunningProgram;

it('a rule of Prometheus that fires and resolves is one anomaly, and another when it fires again', async () => {
  pressure = 7;
  const [open] = await anomaliesWhen('boiler', ({ length }) => length === 1);
  expect(open).toMatchObject({
    service_id: 'boiler',
    metric_name: 'HighPressure',
    anomaly_score: 0.93,
    z_score: 4.2,
    kind: 'alert',
    resolved: false,
    ends_at: null,
    rca_triggered: false,
    muted_by: null,
    labels: { job: 'boiler-room', severity: 'critical' },
    annotations: { summary: 'pressure 7' },
  });
  expect(open?.generator_url).toContain('/graph?g0.expr=pressure');
  pressure = 0;
  const [resolved] = await anomaliesWhen('boiler', ([one]) => one?.resolved === true);
  expect(resolved).toMatchObject({ anomaly_id: open?.anomaly_id, detected_at: open?.detected_at });
  expect(Date.parse(resolved?.ends_at ?? '')).toBeGreaterThan(Date.parse(open?.detected_at ?? ''));
  pressure = 9;
  const both = await anomaliesWhen('boiler', ({ length }) => length === 2);
  expect(both.map((one) => one.resolved)).toEqual([false, true]);
  pressure = 0;
  await anomaliesWhen('boiler', (all) => all.every((one) => one.resolved));
});

it('what both Alertmanagers of a pair send is one anomaly', async () => {
  const before = await postsOfFiring();
  const alert = { labels: { alertname: 'Twice', service: 'pair' }, startsAt: new Date().toISOString() };
  await Promise.all(pair.map((one) => post(one, [alert])));
  await waitFor(async () => (await postsOfFiring()) >= before + 2, ARRIVAL_MS);
  const [open] = await anomaliesWhen('pair', ({ length }) => length > 0);
  await Promise.all(pair.map((one) => post(one, [{ ...alert, endsAt: new Date().toISOString() }])));
  const found = await anomaliesWhen('pair', ([one]) => one?.resolved === true);
  expect(found.map((one) => one.anomaly_id)).toEqual([open?.anomaly_id]);
});

it('alerts that come grouped, to the API port with a key, are an anomaly each of the organization in the path', async () => {
  const alerts = [1, 2, 3].map((n) => ({
    labels: { alertname: 'Grouped', scenario: 'grouped', service: 'group', instance: String(n), severity: 'warning' },
  }));
  await post(first(), alerts);
  const found = await anomaliesWhen('group', ({ length }) => length === 3);
  expect(found.map(({ labels }) => labels.instance).sort()).toEqual(['1', '2', '3']);
  const { total } = await api.get<AnomalyList>('/api/v1/anomalies', { orgCode: 'GROUPED' });
  expect(total).toBe(3);
});

it('how many alerts max_alerts cut off stands with those that came', async () => {
  const alerts = [1, 2, 3, 4, 5].map((n) => ({
    labels: { alertname: 'Cut', scenario: 'truncating', service: 'cut', instance: String(n) },
  }));
  await post(first(), alerts);
  const found = await anomaliesWhen('cut', ({ length }) => length === 2);
  expect(found.map((one) => one.truncated_alerts)).toEqual([3, 3]);
});

it('nothing is lost while the receiver is away', { timeout: AWAY_MS + 2 * ARRIVAL_MS }, async () => {
  const labels = { scenario: 'proxied', service: 'away' };
  const early = { labels: { ...labels, alertname: 'Early' }, startsAt: new Date().toISOString() };
  await post(first(), [early]);
  await anomaliesWhen('away', ({ length }) => length === 1);
  proxy.target(await findFreePort());
  proxy.cut();
  const awayUntil = performance.now() + AWAY_MS;
  await post(first(), [{ ...early, endsAt: new Date().toISOString() }, { labels: { ...labels, alertname: 'Late' } }]);
  await waitFor(() => performance.now() >= awayUntil, AWAY_MS + ARRIVAL_MS);
  expect(await anomaliesOf('away')).toMatchObject([{ metric_name: 'Early', resolved: false }]);
  proxy.target(webhookPort);
  const found = await anomaliesWhen('away', ([late, one]) => late !== undefined && one?.resolved === true);
  expect(found.map((one) => [one.metric_name, one.resolved])).toEqual([
    ['Late', false],
    ['Early', true],
  ]);
});
