import { expect, it } from 'vitest';
import {
  ALERT_BATCH_FINGERPRINT,
  decodeAlertBatch,
  encodeAlertBatch,
} from '../../../schemas/telemetry/alert-batch-codec.ts';
import {
  DEPLOYMENT_BATCH_FINGERPRINT,
  decodeDeploymentBatch,
  encodeDeploymentBatch,
} from '../../../schemas/telemetry/deployment-batch-codec.ts';
import {
  decodeEdgeBatch,
  EDGE_BATCH_FINGERPRINT,
  encodeEdgeBatch,
} from '../../../schemas/telemetry/edge-batch-codec.ts';
import { decodeLogBatch, encodeLogBatch, LOG_BATCH_FINGERPRINT } from '../../../schemas/telemetry/log-batch-codec.ts';
import {
  decodeMetricBatch,
  encodeMetricBatch,
  METRIC_BATCH_FINGERPRINT,
} from '../../../schemas/telemetry/metric-batch-codec.ts';
import {
  createAlertBatch,
  createDeploymentBatch,
  createEdgeBatch,
  createHistogram,
  createLogBatch,
  createLogEvent,
  createMetricBatch,
  createMetricSeries,
  TELEMETRY_AT,
} from '../../support/telemetry-batches.ts';

const series = createMetricSeries({
  kind: 'cumulative',
  labels: { path: '/pay é𝄞' },
  unrolled: ['path'],
  points: [{ at: TELEMETRY_AT, value: 14.5, startAt: TELEMETRY_AT - 60_000 }],
  histograms: [createHistogram()],
});
const metrics = createMetricBatch([series], { isRepeatable: true });
const logs = createLogBatch([
  createLogEvent({
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    metadata: { user: '{"id":7}' },
  }),
]);
const deployments = createDeploymentBatch();
const alerts = createAlertBatch();
const edges = createEdgeBatch();

interface Golden {
  what: string;
  fingerprint: bigint;
  expected: bigint;
  encoded: Uint8Array;
  bytes: string;
  decode: (bytes: Uint8Array) => unknown;
  batch: unknown;
}

// Bytes that are on disks: a change here means records that nobody can read. Add the old schema to pastSchemas and its bytes below.
const golden: Golden[] = [
  {
    what: 'metrics',
    fingerprint: METRIC_BATCH_FINGERPRINT,
    expected: 0xeb23638ae997a8e6n,
    encoded: encodeMetricBatch(metrics),
    bytes:
      'c301e6a897e98a6323eb0a6f72675f314866336235633164322d303030302d353030302d383030302d303030303030303030303031d090f687a0673c010210636865636b6f75740e6c6174656e6379046d7304020870617468162f70617920c3a9f09d849e0002087061746800028081f687a0670000000000002d40c0d7ee87a06700028081f687a06700020000000000c0524000020000000000003f400400000000000024400000000000003440000600000000000008400000000000000040000000000000f03f000000',
    decode: decodeMetricBatch,
    batch: metrics,
  },
  {
    what: 'logs',
    fingerprint: LOG_BATCH_FINGERPRINT,
    expected: 0x68bbcebd4f51b466n,
    encoded: encodeLogBatch(logs),
    bytes:
      'c30166b4514fbdcebb680a6f72675f314866336235633164322d303030302d353030302d383030302d303030303030303030303031d090f687a0673c00024830313935613861302d303030302d373030302d383030302d30303030303030303030303110636865636b6f7574061e7061796d656e7420726566757365648081f687a0674034626639326633353737623334646136613363653932396430653065343733362030306630363761613062613930326237020875736572107b226964223a377d0000',
    decode: decodeLogBatch,
    batch: logs,
  },
  {
    what: 'deployments',
    fingerprint: DEPLOYMENT_BATCH_FINGERPRINT,
    expected: 0x6863e29437ea27ben,
    encoded: encodeDeploymentBatch(deployments),
    bytes:
      'c301be27ea3794e263680a6f72675f314866336235633164322d303030302d353030302d383030302d303030303030303030303031d090f687a0673c00024830313935613861302d303030302d373030302d383030302d30303030303030303030303210636865636b6f75740a312e342e321470726f64756374696f6e0c6162633132338081f687a067020462790463690000',
    decode: decodeDeploymentBatch,
    batch: deployments,
  },
  {
    what: 'alerts',
    fingerprint: ALERT_BATCH_FINGERPRINT,
    expected: 0x89b8cb2c395f40f9n,
    encoded: encodeAlertBatch(alerts),
    bytes:
      'c301f9405f392ccbb8890a6f72675f314866336235633164322d303030302d353030302d383030302d303030303030303030303031d090f687a0673c00020c616e6f6d2d310c6330666665650010636865636b6f757416486967684c6174656e63798081f687a06700cdccccccccccec3f000210736576657269747910637269746963616c00020e73756d6d61727908736c6f77003e687474703a2f2f70726f6d6574686575732e6578616d706c652f67726170680600',
    decode: decodeAlertBatch,
    batch: alerts,
  },
  {
    what: 'edges',
    fingerprint: EDGE_BATCH_FINGERPRINT,
    expected: 0x5465908284a28dd6n,
    encoded: encodeEdgeBatch(edges),
    bytes:
      'c301d68da284829065540a6f72675f314866336235633164322d303030302d353030302d383030302d303030303030303030303031d090f687a0673c00020677656210636865636b6f75748081f687a0671802000000000098754000',
    decode: decodeEdgeBatch,
    batch: edges,
  },
];

it.each(golden)('a batch of $what is written as the golden bytes and read back from them', (one) => {
  expect(one.fingerprint).toBe(one.expected);
  expect(Buffer.from(one.encoded).toString('hex')).toBe(one.bytes);
  expect(one.decode(Buffer.from(one.bytes, 'hex'))).toEqual(one.batch);
});

it.each(golden)('a batch of $what cut short is a reason', ({ encoded, decode }) => {
  expect(decode(encoded.subarray(0, -1))).toBe('truncated');
});

const oddSeries = (fields: Parameters<typeof createMetricSeries>[0]) =>
  decodeMetricBatch(encodeMetricBatch(createMetricBatch([createMetricSeries(fields)])));
const at = TELEMETRY_AT;

it.each([
  ['a value that is no number', oddSeries({ points: [{ at, value: Number.NaN, startAt: 0 }] })],
  ['a time after all times', oddSeries({ points: [{ at: 2 ** 52, value: 1, startAt: 0 }] })],
  ['bounds that do not ascend', oddSeries({ histograms: [createHistogram({ bounds: [10, 10] })] })],
  ['as many counts as bounds', oddSeries({ histograms: [createHistogram({ counts: [1, 2] })] })],
  ['a count below nothing', oddSeries({ histograms: [createHistogram({ counts: [1, -1, 1] })] })],
  [
    'more points than can be numbered',
    oddSeries({ points: Array.from({ length: 65_537 }, () => ({ at, value: 1, startAt: 0 })) }),
  ],
  ['no tenant', decodeLogBatch(encodeLogBatch(createLogBatch([], { tenant: '' })))],
  ['no id', decodeDeploymentBatch(encodeDeploymentBatch(createDeploymentBatch({ id: '' })))],
  ['a negative retention', decodeEdgeBatch(encodeEdgeBatch(createEdgeBatch({ retentionDays: -1 })))],
  [
    'a score above 1',
    decodeAlertBatch(encodeAlertBatch({ ...alerts, alerts: alerts.alerts.map((a) => ({ ...a, score: 1.5 })) })),
  ],
])('a record with %s is set aside', (_what, decoded) => {
  expect(decoded).toBe('impossible_value');
});
