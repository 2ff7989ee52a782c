import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlertContext, acceptAlerts, MAX_ALERTS } from '../../../ingest/alertmanager/accept-alerts.ts';
import { anomalyId } from '../../../ingest/alertmanager/anomaly-id.ts';
import { SEVERITY_SCORES, UNKNOWN_SEVERITY_SCORE } from '../../../ingest/alertmanager/severity-scores.ts';
import { decodeAlertBatch, encodeAlertBatch } from '../../../schemas/telemetry/alert-batch-codec.ts';
import { createAlertBatch } from '../../support/telemetry-batches.ts';

const receivedAt = Date.UTC(2026, 3, 10, 12, 0, 5);
const context: AlertContext = {
  receivedAt,
  anomalyId: (fingerprint, startsAt) => anomalyId('org_acme', fingerprint, startsAt),
  mutedBy: (service) => (service === 'muted' ? '812' : undefined),
};
const open = '0001-01-01T00:00:00Z';
const posted = {
  status: 'firing',
  labels: { alertname: 'HighCPU', service_id: 'payment-api', severity: 'critical' },
  annotations: { summary: 'CPU usage above 85% for 5 minutes' },
  startsAt: '2026-04-10T12:00:00Z',
  endsAt: open,
};
const accept = (body: unknown) => acceptAlerts(body, context);
const acceptOne = (fields: Record<string, unknown>) => {
  const [alert] = accept({ alerts: [{ ...posted, ...fields }] }).alerts;
  if (alert === undefined) throw new Error('no alert came out');
  return alert;
};

it('an alert of the documented form is an open one of its service, with the score of its severity', () => {
  const { alerts, ignored } = accept({ alerts: [posted], groupLabels: {}, commonLabels: {} });
  expect(ignored).toBe(0);
  expect(alerts).toEqual([
    {
      id: anomalyId('org_acme', 'eb74d98e3d4f4848', Date.UTC(2026, 3, 10, 12)),
      fingerprint: 'eb74d98e3d4f4848',
      status: 'firing',
      service: 'payment-api',
      name: 'HighCPU',
      startsAt: Date.UTC(2026, 3, 10, 12),
      endsAt: 0,
      score: 0.93,
      mutedBy: '',
      labels: posted.labels,
      annotations: posted.annotations,
      generatorUrl: '',
      truncated: 0,
    },
  ]);
});

describe('the identity of an alert', () => {
  it('is the same when it is resolved, and another in the next episode', () => {
    const firing = acceptOne({});
    const resolved = acceptOne({ status: 'resolved', endsAt: '2026-04-10T12:09:00Z' });
    expect(resolved).toMatchObject({ id: firing.id, status: 'resolved', endsAt: Date.UTC(2026, 3, 10, 12, 9) });
    expect(acceptOne({ startsAt: '2026-04-10T13:00:00Z' }).id).not.toBe(firing.id);
  });

  it('is that of the fingerprint where there is one, whatever the labels', () => {
    const one = acceptOne({ fingerprint: 'abc' });
    expect(acceptOne({ fingerprint: 'abc', labels: { alertname: 'Other' } }).id).toBe(one.id);
    expect(acceptOne({ fingerprint: 'abd' }).id).not.toBe(one.id);
  });

  it('without a fingerprint is that of all labels, not of the name alone', () => {
    const labels = { ...posted.labels, instance: 'b' };
    expect(acceptOne({ labels }).id).not.toBe(acceptOne({}).id);
  });

  it('is kept apart by tenant', () => {
    expect(anomalyId('org_acme', 'abc', 1)).not.toBe(anomalyId('org_beta', 'abc', 1));
  });

  it('is the same moment in any offset and precision', () => {
    expect(acceptOne({ startsAt: '2026-04-10T14:00:00.000000000+02:00' }).id).toBe(acceptOne({}).id);
  });
});

it.each([
  [{ service_id: 'a', service: 'b', job: 'c' }, 'a'],
  [{ service: 'b', job: 'c' }, 'b'],
  [{ service_id: ' ', job: ' c ' }, 'c'],
  [{ instance: 'x' }, ''],
])('labels %j are of the service "%s"', (labels, service) => {
  expect(acceptOne({ labels }).service).toBe(service);
});

it.each([
  ...Object.entries(SEVERITY_SCORES),
  ['surprising', UNKNOWN_SEVERITY_SCORE],
  ['toString', UNKNOWN_SEVERITY_SCORE],
])('severity %s has the score %s', (severity, score) => {
  expect(acceptOne({ labels: { severity: severity.toUpperCase() } }).score).toBe(score);
});

it('an alert about a service in maintenance carries the window that mutes it', () => {
  expect(acceptOne({ labels: { service: 'muted' } }).mutedBy).toBe('812');
});

it('a body of Grafana is read, what Alertmanager does not know ignored', () => {
  const grafana = {
    receiver: 'tidemark',
    status: 'firing',
    orgId: 1,
    title: '[FIRING:1]',
    state: 'alerting',
    message: 'text',
    truncatedAlerts: 0,
    alerts: [
      { ...posted, values: { A: 1 }, valueString: '[ var=A ]', silenceURL: 's', dashboardURL: 'd', panelURL: '' },
    ],
  };
  expect(accept(grafana).alerts).toEqual(accept({ alerts: [posted] }).alerts);
});

it('how many alerts the sender left out stands with each', () => {
  const { alerts } = accept({ alerts: [posted], truncatedAlerts: 7 });
  expect(alerts.map(({ truncated }) => truncated)).toEqual([7]);
});

it(`of more than ${MAX_ALERTS} alerts the others count as left out`, () => {
  const alerts = Array.from({ length: MAX_ALERTS + 2 }, (_, n) => ({ labels: { n } }));
  const accepted = accept({ alerts, truncatedAlerts: 1 }).alerts;
  expect(accepted).toHaveLength(MAX_ALERTS);
  expect(accepted[0]?.truncated).toBe(3);
});

it('of one episode in one notification the end counts', () => {
  const resolved = { ...posted, status: 'resolved', endsAt: '2026-04-10T12:01:00Z' };
  const { alerts } = accept({ alerts: [posted, resolved, posted] });
  expect(alerts.map(({ status }) => status)).toEqual(['resolved']);
});

it('without a status, the end tells it', () => {
  expect(acceptOne({ status: undefined, endsAt: '2026-04-10T12:00:01Z' }).status).toBe('resolved');
  expect(acceptOne({ status: undefined, endsAt: '2026-04-10T13:00:01Z' })).toMatchObject({
    status: 'firing',
    endsAt: 0,
  });
  expect(accept({ status: 'resolved', alerts: [{ labels: {} }] }).alerts[0]).toMatchObject({
    status: 'resolved',
    startsAt: receivedAt,
    endsAt: receivedAt,
  });
});

it.each([[null], [7], ['text'], [[]], [{}], [{ alerts: {} }]])('a body of %j holds no alerts', (body) => {
  expect(accept(body)).toEqual({ alerts: [], ignored: 0 });
});

it('elements that are no objects are counted, the others taken', () => {
  expect(accept({ alerts: [null, 'x', [], {}] })).toMatchObject({ ignored: 3, alerts: [{ service: '' }] });
});

it('whatever JSON comes, alerts come out that a record can hold', () => {
  const field = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(open, '2026-04-10T12:00:00Z', '9999-12-31T23:59:59Z', 'firing'),
  );
  const keys = ['status', 'labels', 'annotations', 'startsAt', 'endsAt', 'fingerprint', 'generatorURL'];
  const alert = fc.dictionary(fc.constantFrom(...keys), field);
  const body = fc.oneof(fc.jsonValue(), fc.record({ alerts: fc.array(alert), truncatedAlerts: fc.jsonValue() }));
  fc.assert(
    fc.property(body, (value) => {
      const batch = createAlertBatch({ alerts: accept(value).alerts });
      expect(decodeAlertBatch(encodeAlertBatch(batch))).toEqual(batch);
    }),
    { numRuns: 300 },
  );
});
