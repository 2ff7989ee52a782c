import type { OtlpDefect, OtlpResource, OtlpSpan } from './otlp-model.ts';
import { decodeProto, enter, nextTag, type ProtoInput, readHex, readPreciseTime, readText } from './proto-reader.ts';
import { readResources } from './proto-resources.ts';
import { readAttribute } from './proto-values.ts';
import type { StringTable } from './string-table.ts';

const statusError = 2;

/** The spans of an ExportTraceServiceRequest in Protobuf, or why the bytes are none. Never throws. */
export const decodeProtoSpans = (bytes: Uint8Array, strings: StringTable): OtlpResource<OtlpSpan>[] | OtlpDefect =>
  decodeProto(bytes, strings, (input, end) => readResources(input, end, readSpan));

function readSpan(input: ProtoInput): OtlpSpan {
  const end = enter(input);
  const span: OtlpSpan = {
    ...{ attributes: {}, traceId: '', spanId: '', parentId: '', name: '' },
    ...{ kind: 0, startAt: 0, endAt: 0, isError: false },
  };
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) readField(input, tag, span);
  return span;
}

function readField(input: ProtoInput, tag: number, span: OtlpSpan): void {
  switch (tag) {
    case 0x0a:
      span.traceId = readHex(input);
      break;
    case 0x12:
      span.spanId = readHex(input);
      break;
    case 0x22:
      span.parentId = readHex(input);
      break;
    case 0x2a:
      span.name = readText(input);
      break;
    case 0x30:
      span.kind = input.pbf.readVarint();
      break;
    case 0x39:
      span.startAt = readPreciseTime(input);
      break;
    case 0x41:
      span.endAt = readPreciseTime(input);
      break;
    case 0x4a:
      readAttribute(input, span.attributes);
      break;
    case 0x7a:
      span.isError = readStatus(input);
      break;
  }
}

function readStatus(input: ProtoInput): boolean {
  const end = enter(input);
  let code = 0;
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === 0x18) code = input.pbf.readVarint();
  }
  return code === statusError;
}
