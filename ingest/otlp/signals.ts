import { isUtf8 } from 'node:buffer';
import type { SeriesTable } from '../cardinality.ts';
import { type BatchIds, derivedIds } from '../telemetry/batch-ids.ts';
import type { BatchHead, Owner, TelemetryWriter } from '../telemetry-writer.ts';
import { acceptLogs } from './accept-logs.ts';
import { acceptMetrics } from './accept-metrics.ts';
import { acceptSpans } from './accept-spans.ts';
import type { Encoding, RejectedField } from './answers.ts';
import { decodeJsonLogs } from './json-logs.ts';
import { decodeJsonMetrics } from './json-metrics.ts';
import { decodeJsonSpans } from './json-spans.ts';
import { type OtlpDefect, OtlpDefectError, type OtlpResource } from './otlp-model.ts';
import { decodeProtoLogs } from './proto-logs.ts';
import { decodeProtoMetrics } from './proto-metrics.ts';
import { decodeProtoSpans } from './proto-spans.ts';
import type { Rejections } from './rejections.ts';
import type { StringTable } from './string-table.ts';

export interface SignalRequest {
  body: Buffer;
  encoding: Encoding;
  strings: StringTable;
  owner: Owner;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  table: SeriesTable<unknown>;
  /** The same for a repeat of the request, and for nothing else. */
  digest: string;
}

/** A request that was read, as it will be written. */
export interface PreparedRequest {
  services: ReadonlySet<string>;
  rejections: Rejections;
  /** Resolves when all of it is durable. */
  write(writer: TelemetryWriter): Promise<unknown>;
}

/** One of the three things OTLP sends. */
export interface Signal {
  name: 'metrics' | 'logs' | 'traces';
  rejectedField: RejectedField;
  /** Reads a request, or says why it cannot be read. */
  prepare(request: SignalRequest): PreparedRequest | OtlpDefect;
}

type Resources<Item> = readonly OtlpResource<Item>[] | OtlpDefect;

interface Decoders<Item> {
  proto(bytes: Uint8Array, strings: StringTable): Resources<Item>;
  json(body: unknown): Resources<Item>;
}

const metrics: Signal = {
  name: 'metrics',
  rejectedField: 'rejectedDataPoints',
  prepare: (request) =>
    prepare(request, { proto: decodeProtoMetrics, json: decodeJsonMetrics }, (resources) => {
      const { records, services, rejections } = acceptMetrics(resources, contextOf(request));
      const write = (writer: TelemetryWriter) =>
        writeRecords(request, { signal: 'metrics', records }, (head, series) =>
          writer.metrics(request.owner, { ...head, series }),
        );
      return { services, rejections, write };
    }),
};

const logs: Signal = {
  name: 'logs',
  rejectedField: 'rejectedLogRecords',
  prepare: (request) =>
    prepare(request, { proto: decodeProtoLogs, json: decodeJsonLogs }, (resources) => {
      const ids = idsOf(request, 'logs');
      const { records, services, rejections } = acceptLogs(resources, { ...contextOf(request), ids });
      const write = (writer: TelemetryWriter) =>
        writeRecords(request, { signal: 'logs', records }, (head, events) =>
          writer.logs(request.owner, { ...head, logs: events }),
        );
      return { services, rejections, write };
    }),
};

const traces: Signal = {
  name: 'traces',
  rejectedField: 'rejectedSpans',
  prepare: (request) =>
    prepare(request, { proto: decodeProtoSpans, json: decodeJsonSpans }, (resources) => {
      const { series, edges, services, rejections } = acceptSpans(resources, contextOf(request));
      const { owner } = request;
      const write = (writer: TelemetryWriter) =>
        Promise.all([
          writeRecords(request, { signal: 'traces', records: series }, (head, part) =>
            writer.metrics(owner, { ...head, series: part }),
          ),
          writeRecords(request, { signal: 'traces', records: edges }, (head, part) =>
            writer.edges(owner, { ...head, edges: part }),
          ),
        ]);
      return { services, rejections, write };
    }),
};

export const SIGNALS: readonly Signal[] = [metrics, logs, traces];

function prepare<Item>(
  { body, encoding, strings }: SignalRequest,
  decoders: Decoders<Item>,
  accept: (resources: readonly OtlpResource<Item>[]) => PreparedRequest,
): PreparedRequest | OtlpDefect {
  const decoded = encoding === 'proto' ? decoders.proto(body, strings) : decoders.json(parseJson(body));
  if (typeof decoded === 'string') return decoded;
  try {
    return accept(decoded);
  } catch (error) {
    if (error instanceof OtlpDefectError) return error.defect;
    throw error;
  }
}

/** The value of a JSON text in UTF-8, undefined when it is none. */
function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

const contextOf = ({ receivedAt, owner, table }: SignalRequest) => ({
  receivedAt,
  retentionDays: owner.dataRetentionDays,
  table,
});

const idsOf = ({ owner, digest }: SignalRequest, part: string): BatchIds =>
  derivedIds(owner.id, `otlp/${part}/${digest}`);

interface Records<Item> {
  signal: Signal['name'];
  records: readonly Item[][];
}

/** Each record has an id by its place in the request: after a failure in the middle a repeat writes only what was not stored. */
function writeRecords<Item>(
  request: SignalRequest,
  { signal, records }: Records<Item>,
  write: (head: BatchHead, items: Item[]) => Promise<unknown>,
): Promise<unknown> {
  const { receivedAt } = request;
  const writes = records.map((items, index) => {
    const { batch: id, isRepeatable } = idsOf(request, `${signal}/${index}`);
    return items.length === 0 ? undefined : write({ id, isRepeatable, receivedAt }, items);
  });
  return Promise.all(writes);
}
