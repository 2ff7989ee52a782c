import { asText, type OtlpDefect, type OtlpLog, type OtlpResource } from './otlp-model.ts';
import { decodeProto, enter, nextTag, type ProtoInput, readHex, readText, readTime } from './proto-reader.ts';
import { readResources } from './proto-resources.ts';
import { readAnyValue, readAttribute } from './proto-values.ts';
import type { StringTable } from './string-table.ts';

/** The records of an ExportLogsServiceRequest in Protobuf, or why the bytes are none. Never throws. */
export const decodeProtoLogs = (bytes: Uint8Array, strings: StringTable): OtlpResource<OtlpLog>[] | OtlpDefect =>
  decodeProto(bytes, strings, (input, end) => readResources(input, end, readRecord));

function readRecord(input: ProtoInput): OtlpLog {
  const end = enter(input);
  const record = {
    ...{ attributes: {}, at: 0, observedAt: 0, severity: 0 },
    ...{ severityText: '', body: '', eventName: '', traceId: '', spanId: '' },
  };
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) readField(input, tag, record);
  return record;
}

function readField(input: ProtoInput, tag: number, record: OtlpLog): void {
  switch (tag) {
    case 0x09:
      record.at = readTime(input);
      break;
    case 0x10:
      record.severity = input.pbf.readVarint();
      break;
    case 0x1a:
      record.severityText = readText(input);
      break;
    case 0x2a:
      record.body = asText(readAnyValue(input, 0));
      break;
    case 0x32:
      readAttribute(input, record.attributes);
      break;
    case 0x4a:
      record.traceId = readHex(input);
      break;
    case 0x52:
      record.spanId = readHex(input);
      break;
    case 0x59:
      record.observedAt = readTime(input);
      break;
    case 0x62:
      record.eventName = readText(input);
      break;
  }
}
