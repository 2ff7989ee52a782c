import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { draftOf, type Known, type Operation, type Schema, urlOf, withValueAt } from './operations.ts';

/** A request as it goes over the wire. */
export interface RawRequest {
  operation: Operation;
  /** What is wrong with it. */
  what: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Buffer;
}

type Path = readonly (string | number)[];

/** JSON that JSON.stringify would not write. */
const RAW = '@raw@';
const rawTexts = [
  '1e999',
  '-1e999',
  '9007199254740993',
  '1e-999',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '0.1e',
  '-',
  'NaN',
  '{"a":1,"a":2}',
];
const deep = (levels: number): unknown => Array.from({ length: levels }).reduce((inner) => [inner], 0);
const wide = (keys: number) => Object.fromEntries(Array.from({ length: keys }, (_, index) => [`k${index}`, index]));

const hostileText = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\uffff',
    '\u202e',
    '../../etc/passwd',
    '%00',
    '%s%n',
    '#{7*7}',
    '{{7*7}}',
    "'",
    '"',
    '\\',
    '`',
  ),
  fc.constantFrom(
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'null',
    'undefined',
    'NaN',
    'Infinity',
    '-0',
    '1e309',
    '0x10',
  ),
  fc.constantFrom(
    '9999-99-99',
    '2026-02-30',
    '0000-00-00',
    '-271821-04-20',
    '+275760-09-13T00:00:00Z',
    '2026-03-18T25:61:61Z',
    '1'.repeat(400),
  ),
  fc.constantFrom('x'.repeat(300), 'é'.repeat(5_000), '9'.repeat(30)),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed()),
);
const hostileValue = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(null, true, false, -1, 0, 0.5, 1e308, -1e308, 2 ** 53, [], {}, [[]], [null], { a: null }),
  fc.constantFrom<unknown>(deep(15), deep(17), deep(500), wide(64), wide(65), { constructor: { prototype: {} } }),
  fc.constantFrom(...rawTexts).map((text) => RAW + text),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Requests that are wrong somewhere, over all operations alike. */
export function malformedRequests(operations: readonly Operation[], known: Known, key: string) {
  const base = (operation: Operation) => ({ operation, draft: draftOf(operation, known), key });
  return fc.constantFrom(...operations).chain((operation) => fc.oneof(...mutationsOf(base(operation))));
}

interface Base {
  operation: Operation;
  draft: ReturnType<typeof draftOf>;
  key: string;
}

function mutationsOf(base: Base): fc.Arbitrary<RawRequest>[] {
  const { operation, draft } = base;
  const names = operation.parameters.filter(({ in: where }) => where === 'query').map(({ name }) => name);
  const queryName = fc.oneof(fc.constantFrom('unknown', ...names), hostileText);
  const inQuery = fc
    .record({ name: queryName, value: hostileText, isTwice: fc.boolean() })
    .map(({ name, value, isTwice }) => {
      const kept = draft.query.filter(([other]) => isTwice || other !== name);
      return toRaw(base, 'query', {
        query: [...kept, [name, value], ...(isTwice ? [[name, value] as [string, string]] : [])],
      });
    });
  const rawQuery = fc
    .constantFrom(
      '?%',
      '?%ff=%fe',
      '?a[b]=c',
      '?&&&=',
      '?orgCode[]=x',
      '?orgCode=a&orgCode=b',
      `?${'a=1&'.repeat(2_000)}`,
      '?%00=%00',
    )
    .map((tail) => ({ ...toRaw(base, 'raw query', { query: [] }), url: urlOf({ ...draft, query: [] }) + tail }));
  const headers = fc
    .record({
      name: fc.constantFrom(
        'authorization',
        'x-api-key',
        'idempotency-key',
        'x-request-id',
        'accept',
        'cookie',
        'range',
      ),
      value: headerText,
    })
    .map(({ name, value }) => toRaw(base, 'header', { headers: { ...draft.headers, [name]: value } }));
  const method = fc
    .constantFrom('PATCH', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'POST')
    .map((other) => ({ ...toRaw(base, 'method'), method: other }));
  const all = [inQuery, rawQuery, headers, method];
  if (operation.path.includes('{')) all.push(...pathMutations(base));
  if (operation.body !== undefined)
    all.push(...bodyMutations(base, operation.body), ...bodyMutations(base, operation.body));
  return all;
}

const headerText = fc.oneof(
  fc.constantFrom(
    '',
    'Bearer',
    'Bearer ',
    'Bearer a b',
    'Basic eDp5',
    'bearer eyJhbGciOiJub25lIn0.e30.',
    'x'.repeat(9_000),
    '\u00ff',
    'a\tb',
    'bytes=0-',
  ),
  fc.string({ maxLength: 60 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '?')),
);

function pathMutations(base: Base): fc.Arbitrary<RawRequest>[] {
  const { draft } = base;
  const names = Object.keys(draft.pathValues);
  const value = hostileText.map((text) =>
    toRaw(base, 'path', { pathValues: Object.fromEntries(names.map((name) => [name, text])) }),
  );
  const raw = fc
    .constantFrom('%', '%zz', '%ff', '%c0%ae', '..%2f..', '%2e%2e', '%00', 'a%2Fb', ';x=1', '*', `${'a'.repeat(257)}`)
    .map((text) => ({ ...toRaw(base, 'raw path'), url: draft.path.replaceAll(/\{\w+\}/g, text) }));
  return [value, raw];
}

function bodyMutations(base: Base, schema: Schema): fc.Arbitrary<RawRequest>[] {
  const { draft } = base;
  const valid = JSON.stringify(draft.body);
  const ofBody = (what: string, body: Buffer | string, headers = {}) => ({
    ...toRaw(base, what, { headers: { ...draft.headers, ...headers } }),
    body: Buffer.from(body),
  });
  const atPath = fc
    .record({ path: fc.constantFrom(...pathsOf(schema)), value: hostileValue })
    .map(({ path, value }) => {
      const text = JSON.stringify(withValueAt(draft.body, path, value)) ?? 'null';
      return ofBody(
        `body ${path.join('.')}`,
        text.replaceAll(/"@raw@((?:[^"\\]|\\.)*)"/g, (_all, raw: string) => JSON.parse(`"${raw}"`)),
      );
    });
  const extra = fc
    .record({ name: hostileText, value: hostileText })
    .map(({ name, value }) => ofBody('unknown field', JSON.stringify({ ...(draft.body as object), [name]: value })));
  const cut = fc.nat(Math.max(0, valid.length - 1)).map((length) => ofBody('cut body', valid.slice(0, length)));
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => ofBody('bytes', Buffer.from(array)));
  const type = fc
    .constantFrom(
      'text/plain',
      'application/xml',
      'application/json; charset=latin1',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      '',
      'json',
    )
    .map((name) => ofBody('content type', valid, { 'content-type': name }));
  const encoding = fc
    .record({
      name: fc.constantFrom('gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'constructor'),
      body: fc.constantFrom(Buffer.from(valid), bomb, gzipSync(valid)),
    })
    .map(({ name, body }) => ofBody('encoding', body, { 'content-encoding': name }));
  return [atPath, atPath, extra, cut, bytes, type, encoding];
}

const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024, ' '));

function toRaw(base: Base, what: string, changes: Partial<Base['draft']> = {}): RawRequest {
  const draft = { ...base.draft, ...changes };
  return {
    operation: base.operation,
    what,
    method: draft.method,
    url: urlOf(draft),
    headers: {
      'x-api-key': base.key,
      ...(draft.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...draft.headers,
    },
    ...(draft.body === undefined ? {} : { body: Buffer.from(JSON.stringify(draft.body)) }),
  };
}

/** Every place of a body, the body itself among them. */
function pathsOf(schema: Schema, path: Path = []): Path[] {
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((branch) =>
    pathsOf(branch, path).slice(1),
  );
  const properties = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
    pathsOf(property, [...path, name]),
  );
  const items = schema.items === undefined ? [] : pathsOf(schema.items, [...path, 0]);
  const open = typeof schema.additionalProperties === 'object' ? [[...path, 'any\u0000thing']] : [];
  return [path, ...branches, ...properties, ...items, ...open];
}
