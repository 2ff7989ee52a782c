import { capabilities, categories, metricTypes, regions, urgencies } from './world.ts';

/** One HTTP request with a batch of events, as bytes. Values, case numbers and times are rewritten in place before each sending. */
export interface BatchRequest {
  bytes: Buffer;
  /** Where the JSON body begins. */
  bodyStart: number;
  eventCount: number;
  /** Draws new values, case numbers and times. `now`: milliseconds since the epoch. */
  renew(now: number): void;
}

export interface BatchRequestOptions {
  host: string;
  key: string;
  orgCode: string;
  eventCount: number;
  /** 0: times lie in the last minutes; otherwise spread evenly over this many days up to yesterday. */
  spreadDays: number;
  seed: number;
}

const dayMs = 86_400_000;
const liveDelayMs = 60_000;
const zero = 48;
/** Placeholders have the width of what replaces them. */
const placeholders = { value: '10.000', case: '00000000', time: '2026-01-01T00:00:00.000Z' };

/** Prepares a batch of one tenant over 24 series and 36 combinations of dimensions. */
export function createBatchRequest(options: BatchRequestOptions): BatchRequest {
  const events = Array.from({ length: options.eventCount }, (_, index) => eventText(options.orgCode, index));
  const body = `{"events":[${events.join(',')}]}`;
  const head = requestHead(options, Buffer.byteLength(body));
  const bytes = Buffer.from(head + body, 'latin1');
  const places = findPlaces(head + body, options.eventCount);
  const digits = createDigits(options.seed);
  const days = (now: number) =>
    Array.from({ length: options.spreadDays }, (_, day) =>
      new Date(now - (day + 1) * dayMs).toISOString().slice(0, 10),
    );
  return {
    bytes,
    bodyStart: head.length,
    eventCount: options.eventCount,
    renew(now) {
      const spread = days(now);
      const minute = new Date(now - liveDelayMs).toISOString().slice(0, 17);
      for (let index = 0; index < options.eventCount; index++) {
        writeValue(bytes, places.value[index] as number, digits);
        writeDigits({ bytes, at: places.case[index] as number, count: 8, digits });
        const at = places.time[index] as number;
        if (spread.length === 0) bytes.write(minute, at, 'latin1');
        else writeDayAndHour({ bytes, at, days: spread, digits });
        writeSecond(bytes, at + 17, digits);
      }
    },
  };
}

type Digits = (limit: number) => number;

// xorshift32: a few instructions a digit, so that the generator does not take the cores it measures.
function createDigits(seed: number): Digits {
  let state = (seed * 2_654_435_761) | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

function eventText(orgCode: string, index: number): string {
  const urgency = urgencies[index % urgencies.length];
  const region = regions[Math.floor(index / 3) % regions.length];
  const category = categories[Math.floor(index / 12) % categories.length];
  const dimensions = `{"urgency":"${urgency}","region":"${region}","category":"${category}"}`;
  const capability = capabilities[Math.floor(index / 36) % capabilities.length];
  const metricType = metricTypes[(index + Math.floor(index / 36)) % metricTypes.length];
  return (
    `{"orgCode":"${orgCode}","capabilityCode":"${capability}","metricType":"${metricType}","value":${placeholders.value},` +
    `"dimensions":${dimensions},"correlationId":"CASE-2026-${placeholders.case}","timestamp":"${placeholders.time}"}`
  );
}

function requestHead({ host, key }: BatchRequestOptions, contentLength: number): string {
  const lines = [
    'POST /api/v1/events/batch HTTP/1.1',
    `Host: ${host}`,
    `X-Api-Key: ${key}`,
    'Content-Type: application/json',
    `Content-Length: ${contentLength}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function findPlaces(text: string, count: number) {
  return {
    value: findAll(text, `"value":${placeholders.value}`, '"value":'.length, count),
    case: findAll(text, `-${placeholders.case}"`, 1, count),
    time: findAll(text, placeholders.time, 0, count),
  };
}

// biome-ignore lint/complexity/useMaxParams: a private search with four plain arguments
function findAll(text: string, wanted: string, offset: number, count: number): Int32Array {
  const places = new Int32Array(count);
  let from = 0;
  for (let index = 0; index < count; index++) {
    from = text.indexOf(wanted, from) + 1;
    places[index] = from - 1 + offset;
  }
  return places;
}

// 10.000 to 99.999: the width never changes, and JSON allows no leading zero.
function writeValue(bytes: Buffer, at: number, digits: Digits): void {
  bytes[at] = zero + 1 + digits(9);
  bytes[at + 1] = zero + digits(10);
  writeDigits({ bytes, at: at + 3, count: 3, digits });
}

function writeDigits({ bytes, at, count, digits }: { bytes: Buffer; at: number; count: number; digits: Digits }): void {
  let number = digits(10 ** count);
  for (let place = at + count - 1; place >= at; place--) {
    bytes[place] = zero + (number % 10);
    number = Math.floor(number / 10);
  }
}

function writeDayAndHour({
  bytes,
  at,
  days,
  digits,
}: {
  bytes: Buffer;
  at: number;
  days: string[];
  digits: Digits;
}): void {
  bytes.write(days[digits(days.length)] ?? '', at, 'latin1');
  writePair(bytes, at + 11, digits(24));
  writePair(bytes, at + 14, digits(60));
}

function writeSecond(bytes: Buffer, at: number, digits: Digits): void {
  writePair(bytes, at, digits(60));
  writeDigits({ bytes, at: at + 3, count: 3, digits });
}

function writePair(bytes: Buffer, at: number, number: number): void {
  bytes[at] = zero + Math.floor(number / 10);
  bytes[at + 1] = zero + (number % 10);
}
