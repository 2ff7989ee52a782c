import { describe, expect, it } from 'vitest';
import { decodeJsonLogs } from '../../../ingest/otlp/json-logs.ts';
import { decodeJsonMetrics } from '../../../ingest/otlp/json-metrics.ts';
import { decodeJsonSpans } from '../../../ingest/otlp/json-spans.ts';
import { OTLP_LIMITS } from '../../../ingest/otlp/otlp-limits.ts';
import { decodeProtoLogs } from '../../../ingest/otlp/proto-logs.ts';
import { decodeProtoMetrics } from '../../../ingest/otlp/proto-metrics.ts';
import { decodeProtoSpans } from '../../../ingest/otlp/proto-spans.ts';
import { createStringTable } from '../../../ingest/otlp/string-table.ts';
import { encodeOtlp } from '../../support/otlp-messages.ts';
import { metricsRequest, sampleLogs, sampleMetrics, sampleSpans } from '../../support/otlp-samples.ts';

const strings = createStringTable();
const protoOf = (bytes: Uint8Array) => decodeProtoMetrics(bytes, strings);

describe('the decoders of Protobuf and of JSON', () => {
  it('make the same of the same metrics', () => {
    const decoded = protoOf(encodeOtlp('Metrics', sampleMetrics));
    expect(decoded).toEqual(decodeJsonMetrics(sampleMetrics));
    expect(decoded).toMatchObject([
      {
        attributes: { 'service.name': 'checkout' },
        items: [{ name: 'memory', numbers: [{ value: 12.5 }] }, {}, {}, {}, {}, {}, {}],
      },
    ]);
  });

  it('make the same of the same log records', () => {
    const decoded = decodeProtoLogs(encodeOtlp('Logs', sampleLogs), strings);
    expect(decoded).toEqual(decodeJsonLogs(sampleLogs));
    expect(decoded).toMatchObject([
      {
        items: [
          { body: 'payment refused', attributes: { order: '7', tags: '["a",1]' } },
          { body: '{"n":1.5,"ok":true}' },
          { attributes: { big: '9007199254740993' } },
        ],
      },
    ]);
  });

  it('make the same of the same spans', () => {
    const decoded = decodeProtoSpans(encodeOtlp('Traces', sampleSpans), strings);
    expect(decoded).toEqual(decodeJsonSpans(sampleSpans));
    expect(decoded).toMatchObject([{}, { items: [{ isError: false }, { isError: true, kind: 3 }] }]);
  });

  it('keep the millisecond of a time exactly, whatever follows it', () => {
    for (const nanos of ['1773829801000000000', '1773829801000999999', '1773829801001000000', '1773829800999999999']) {
      const request = metricsRequest([{ name: 'm', gauge: { dataPoints: [{ timeUnixNano: nanos, asDouble: 1 }] } }]);
      const point = [{ items: [{ numbers: [{ at: Number(BigInt(nanos) / 1_000_000n) }] }] }];
      expect(decodeJsonMetrics(request)).toMatchObject(point);
      expect(protoOf(encodeOtlp('Metrics', request))).toMatchObject(point);
    }
  });

  it('take an empty message as a request of nothing', () => {
    expect(protoOf(Buffer.alloc(0))).toEqual([]);
    expect(decodeJsonMetrics({})).toEqual([]);
  });

  it('skip fields they do not know', () => {
    const unknown = Buffer.from([0x9a, 0x06, 0x03, 1, 2, 3, 0xa0, 0x06, 0x96, 0x01]);
    expect(protoOf(Buffer.concat([unknown, encodeOtlp('Metrics', sampleMetrics), unknown]))).toHaveLength(1);
    expect(decodeJsonMetrics({ ...sampleMetrics, more: { of: 'it' } })).toHaveLength(1);
  });

  it('refuse what is cut off, of another type, or no message at all', () => {
    const bytes = encodeOtlp('Metrics', sampleMetrics);
    expect(protoOf(bytes.subarray(0, -1))).toBe('malformed');
    expect(protoOf(Buffer.from('{"resourceMetrics":[]}'))).toBe('malformed');
    expect(protoOf(Buffer.from([0x0b]))).toBe('malformed');
    for (const body of [undefined, null, [], 'x', { resourceMetrics: 1 }, { resourceMetrics: [1] }]) {
      expect(decodeJsonMetrics(body)).toBe('malformed');
    }
    const timeless = metricsRequest([{ name: 'm', gauge: { dataPoints: [{ timeUnixNano: 'now' }] } }]);
    expect(decodeJsonMetrics(timeless)).toBe('malformed');
  });

  it('refuse attributes nested too deep', () => {
    const nested = (depth: number): object =>
      depth === 0 ? { stringValue: 'x' } : { arrayValue: { values: [nested(depth - 1)] } };
    const request = (depth: number) => metricsRequest([], { attributes: [{ key: 'a', value: nested(depth) }] });
    const { valueDepth } = OTLP_LIMITS;
    expect(decodeJsonMetrics(request(valueDepth))).toHaveLength(1);
    expect(protoOf(encodeOtlp('Metrics', request(valueDepth)))).toHaveLength(1);
    expect(decodeJsonMetrics(request(valueDepth + 1))).toBe('too_deep');
    expect(protoOf(encodeOtlp('Metrics', request(valueDepth + 1)))).toBe('too_deep');
  });

  it('refuse more items, and more values, than a request may hold, however small they are', () => {
    const { items, values } = OTLP_LIMITS;
    const resource = (count: number) => Buffer.alloc(2 * count, Buffer.from([0x0a, 0x00]));
    expect(protoOf(resource(items))).toHaveLength(items);
    expect(protoOf(resource(items + 1))).toBe('too_many');
    expect(decodeJsonMetrics({ resourceMetrics: Array.from({ length: items + 1 }, () => ({})) })).toBe('too_many');
    const attributes = Array.from({ length: values + 1 }, () => ({}));
    expect(decodeJsonMetrics({ resourceMetrics: [{ resource: { attributes } }] })).toBe('too_many');
  });
});
