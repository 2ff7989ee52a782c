import { expect, it } from 'vitest';
import { readConfig } from '../../../platform/config.ts';
import { reachable, tierEnv } from '../../../platform/supervisor/tier-env.ts';

const options = {
  env: { PATH: '/bin', TIDEMARK_API_PORT: '0' },
  config: readConfig({}),
  dataDir: '/data',
  stores: {
    logUrl: 'tidemark-log://t@127.0.0.1:1',
    clickhouseWriterUrl: 'http://writer@h/tidemark',
    clickhouseReaderUrl: 'http://reader@h/tidemark',
    databaseUrl: 'postgres://h/tidemark',
  },
  ports: { ingest: 1, api: 2, webhook: 3, processors: 4 },
  pepper: 'v1:secret',
};

it('gives the writing user of ClickHouse only to a tier that writes', () => {
  expect(tierEnv(options, { writesAnalytics: true }).CLICKHOUSE_URL).toBe('http://writer@h/tidemark');
  expect(tierEnv(options, { writesAnalytics: false }).CLICKHOUSE_URL).toBe('http://reader@h/tidemark');
});

it('passes on what the operator set, with the chosen ports and the stores in its place', () => {
  expect(tierEnv(options, { writesAnalytics: false })).toMatchObject({
    PATH: '/bin',
    TIDEMARK_API_PORT: '2',
    TIDEMARK_INGEST_URL: 'http://127.0.0.1:1',
    TIDEMARK_LOG_URL: 'tidemark-log://t@127.0.0.1:1',
    DATABASE_URL: 'postgres://h/tidemark',
    TIDEMARK_KEY_PEPPER: 'v1:secret',
  });
});

it('gives every tier the secret of JWTs, where there is one', () => {
  const tier = { writesAnalytics: false };
  expect(tierEnv({ ...options, jwtSecret: 's'.repeat(43) }, tier).TIDEMARK_JWT_SECRET).toBe('s'.repeat(43));
  expect(tierEnv(options, tier)).not.toHaveProperty('TIDEMARK_JWT_SECRET');
});

it('is a valid configuration of a tier', () => {
  expect(() => readConfig(tierEnv(options, { writesAnalytics: true }))).not.toThrow();
});

it('connects to loopback where the server listens on all addresses', () => {
  expect(['0.0.0.0', '::', 'fd00::1', 'host'].map(reachable)).toEqual(['127.0.0.1', '[::1]', '[fd00::1]', 'host']);
});
