import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BusinessEvent, EventBatch } from '../../../schemas/events/event-batch.ts';
import { encodeAcceptedBatch, encodeEventBatch } from '../../../schemas/events/event-batch-codec.ts';

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ maxLength: 12 }));
const name = fc.constantFrom('urgency', 'code', 'é', '7', 'a'.repeat(70), '');
const time = fc.integer({ min: -2_208_988_800_000, max: 4_294_967_295_000 });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

const event: fc.Arbitrary<BusinessEvent> = fc.record({
  ...{ id: text, capability: text, metric: text, at: time, value: finite },
  ...{ slaTarget: fc.option(finite), correlationId: text },
  dimensions: fc.dictionary(name, text, { maxKeys: 5, noNullPrototype: true }),
  unrolled: fc.array(name, { maxLength: 3 }),
});

const batch: fc.Arbitrary<EventBatch> = fc.record({
  ...{ tenant: text, receivedAt: time, retentionDays: fc.nat(), clientIds: fc.boolean() },
  events: fc.array(event, { maxLength: 5 }),
});

const bytesOf = (encoded: Uint8Array): number[] => [...encoded];

describe('encodeAcceptedBatch', () => {
  it('writes the same bytes as the codec of the schema', () => {
    fc.assert(
      fc.property(batch, (value) => {
        expect(bytesOf(encodeAcceptedBatch(value))).toEqual(bytesOf(encodeEventBatch(value)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('writes ids in their two parts as it writes them whole', () => {
    const ids = { start: `evt_${'x'.repeat(60)}`, end: (index: number) => `${index}z` };
    fc.assert(
      fc.property(batch, (value) => {
        const events = value.events.map((item, index) => ({ ...item, id: ids.start + ids.end(index) }));
        expect(bytesOf(encodeAcceptedBatch(value, ids))).toEqual(bytesOf(encodeEventBatch({ ...value, events })));
      }),
    );
  });
});
