import { expect, test } from 'vitest';
import type { EventBatch } from '../../../schemas/events/event-batch.ts';
import {
  decodeEventBatch,
  EVENT_BATCH_CANONICAL,
  EVENT_BATCH_FINGERPRINT,
  encodeEventBatch,
} from '../../../schemas/events/event-batch-codec.ts';

const batch: EventBatch = {
  tenant: 'org_1',
  receivedAt: 1773829801000,
  retentionDays: 365,
  clientIds: true,
  events: [
    {
      id: 'evt_1',
      capability: 'P2P',
      metric: 'CycleTime',
      at: 1773829800000,
      value: 14.5,
      slaTarget: 24,
      correlationId: 'CASE-1',
      dimensions: { urgency: 'Eilig é𝄞' },
      unrolled: ['urgency'],
    },
    {
      id: 'evt_2',
      capability: 'P2P',
      metric: 'Volume',
      at: -1,
      value: 0,
      slaTarget: null,
      correlationId: '',
      dimensions: {},
      unrolled: [],
    },
  ],
};

// Bytes that are on disks: a change here means records that nobody can read. Add the old schema to pastSchemas and its bytes below.
const golden = {
  fingerprint: 0xcaad02e497fcc8c5n,
  bytes:
    'c301c5c8fc97e402adca0a6f72675f31d090f687a067da0501040a6576745f3106503250124379636c6554696d658081f687a0670000000000002d400200000000000038400c434153452d31020e757267656e63791845696c696720c3a9f09d849e00020e757267656e6379000a6576745f32065032500c566f6c756d650100000000000000000000000000',
};

test('the schema on the wire is the one whose fingerprint is on the disks', () => {
  expect(EVENT_BATCH_FINGERPRINT).toBe(golden.fingerprint);
  expect(EVENT_BATCH_CANONICAL).toBe(
    '{"name":"tidemark.events.v1.EventBatch","type":"record","fields":[{"name":"tenant","type":"string"},' +
      '{"name":"receivedAt","type":"long"},{"name":"retentionDays","type":"int"},{"name":"clientIds","type":"boolean"},' +
      '{"name":"events","type":{"type":"array","items":{"name":"tidemark.events.v1.BusinessEvent","type":"record","fields":[' +
      '{"name":"id","type":"string"},{"name":"capability","type":"string"},{"name":"metric","type":"string"},' +
      '{"name":"at","type":"long"},{"name":"value","type":"double"},{"name":"slaTarget","type":["null","double"]},' +
      '{"name":"correlationId","type":"string"},{"name":"dimensions","type":{"type":"map","values":"string"}},' +
      '{"name":"unrolled","type":{"type":"array","items":"string"}}]}}}]}',
  );
});

test('a batch is written as the golden bytes and read back from them', () => {
  expect(Buffer.from(encodeEventBatch(batch)).toString('hex')).toBe(golden.bytes);
  expect(decodeEventBatch(Buffer.from(golden.bytes, 'hex'))).toEqual(batch);
});

test('a record cut short or of an unknown schema is a reason', () => {
  const bytes = encodeEventBatch(batch);
  expect(decodeEventBatch(bytes.subarray(0, -1))).toBe('truncated');
  bytes[5] = 0;
  expect(decodeEventBatch(bytes)).toBe('unknown_schema');
});
