import { expect, it } from 'vitest';
import { fingerprintOf } from '../../../ingest/alertmanager/fingerprint.ts';

// What Alertmanager 0.25 itself says of these labels: GET /api/v2/alerts after they were posted.
it.each([
  ['eb74d98e3d4f4848', { alertname: 'HighCPU', service_id: 'payment-api', severity: 'critical' }],
  ['839c4b68fc7e7fe6', { alertname: 'Füllstand 𝄞', instance: 'a:9090', job: '' }],
])('is %s, as Alertmanager computes it', (expected, labels) => {
  expect(fingerprintOf(labels)).toBe(expected);
});

it('depends on the labels, not on their order', () => {
  expect(fingerprintOf({ a: '1', b: '2' })).toBe(fingerprintOf({ b: '2', a: '1' }));
  expect(fingerprintOf({ a: '12', b: '3' })).not.toBe(fingerprintOf({ a: '1', b: '23' }));
});

it('no labels are the offset of the hash', () => {
  expect(fingerprintOf({})).toBe('cbf29ce484222325');
});
