import { describe, expect, it } from 'vitest';
import { batchesOf, decodedOf } from '../../../processors/prepare-range.ts';
import { isControl, withControl } from '../../../processors/streams/control.ts';
import { NO_SETTINGS } from '../../../schemas/control/control-record.ts';
import { encodeControlRecord } from '../../../schemas/control/control-record-codec.ts';
import { decodeEventBatch, encodeEventBatch } from '../../../schemas/events/event-batch-codec.ts';
import { createBatch, createEvent, testAt } from '../../support/event-batches.ts';

const control = { at: testAt, tenant: 'org_a', settings: { ...NO_SETTINGS, revision: 3 } };
const values = [
  encodeEventBatch(createBatch([], { tenant: 'org_a', events: [createEvent('e')] })),
  encodeControlRecord(control),
  Buffer.from('poison'),
];
const records = values.map((value, offset) => ({ offset, value, appendedAt: testAt }));

describe('control records among those of a stream', () => {
  it('are read as what they are, the others as before', () => {
    const [batch, read, poison] = values.map(withControl(decodeEventBatch));
    expect(batch).toEqual(decodeEventBatch(records[0]?.value ?? Buffer.alloc(0)));
    expect(typeof read === 'object' && isControl(read) ? read.control : undefined).toEqual(control);
    expect(poison).toBe('not_single_object');
  });

  it('are neither rows nor poison to the archive', () => {
    const decoded = [...decodedOf(records, decodeEventBatch)];
    expect(decoded.map(({ record }) => record.offset)).toEqual([0, 2]);
    expect([...batchesOf(decoded)].map(({ offset }) => offset)).toEqual([0]);
  });

  it('of an impossible time are poison', () => {
    const value = encodeControlRecord({ ...control, at: 9e15 });
    expect(withControl(decodeEventBatch)(value)).toBe('impossible_value');
  });
});
