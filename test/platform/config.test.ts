import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../platform/config.ts';

describe('readConfig', () => {
  it('has a default for everything an embedded start needs', () => {
    expect(readConfig({})).toEqual({
      dataDir: '.tidemark',
      host: '127.0.0.1',
      ingestPort: 3001,
      apiPort: 8080,
      webhookPort: 9093,
      processorsPort: 0,
      auditCron: '17 3 * * *',
      poisonStop: true,
      rateLimits: true,
      requireHttps: false,
      logLevel: 'info',
    });
  });

  it('reads every variable', () => {
    expect(
      readConfig({
        TIDEMARK_DATA_DIR: '/data',
        TIDEMARK_HOST: '::1',
        TIDEMARK_INGEST_PORT: '0',
        TIDEMARK_API_PORT: '65535',
        TIDEMARK_WEBHOOK_PORT: '1',
        TIDEMARK_PROCESSORS_PORT: '7001',
        TIDEMARK_ADMIN_KEY: 'mk_live_0123456789abcdef',
        TIDEMARK_JWT_SECRET: 'a'.repeat(32),
        TIDEMARK_JWT_ISSUER: 'issuer',
        TIDEMARK_JWT_AUDIENCE: 'audience',
        KAFKA_BROKERS: 'one:9092, [::1]:9093',
        TIDEMARK_LOG_URL: 'tidemark-log://token@127.0.0.1:5000',
        CLICKHOUSE_URL: 'http://u:p@127.0.0.1:8123/tidemark',
        TIDEMARK_CLICKHOUSE_CLUSTER: '{cluster}',
        DATABASE_URL: 'postgres://u:p@127.0.0.1:5432/tidemark',
        TIDEMARK_INGEST_URL: 'http://127.0.0.1:3001',
        TIDEMARK_WEBHOOK_TOKEN: 'alerts-0123456789',
        TIDEMARK_WEBHOOK_CIDR: '10.0.0.0/8,fd00::/8',
        TIDEMARK_WEBHOOK_TENANT: 'ACME',
        TIDEMARK_METRICS_TOKEN: 'scrape-0123456789',
        TIDEMARK_AUDIT_CRON: 'off',
        TIDEMARK_POISON_STOP: 'off',
        TIDEMARK_RATE_LIMITS: 'off',
        TIDEMARK_REQUIRE_HTTPS: '1',
        TIDEMARK_CORS_ORIGINS: 'https://console.example.com, http://localhost:5173',
        TIDEMARK_LOG_LEVEL: 'debug',
      }),
    ).toEqual({
      dataDir: '/data',
      host: '::1',
      ingestPort: 0,
      apiPort: 65_535,
      webhookPort: 1,
      processorsPort: 7001,
      adminKey: 'mk_live_0123456789abcdef',
      jwtSecret: 'a'.repeat(32),
      jwtIssuer: 'issuer',
      jwtAudience: 'audience',
      kafkaBrokers: ['one:9092', '[::1]:9093'],
      kafka: { clientId: 'tidemark', ssl: false, prefix: '', replicationFactor: 3, minInSyncReplicas: 2 },
      logUrl: 'tidemark-log://token@127.0.0.1:5000',
      clickhouseUrl: 'http://u:p@127.0.0.1:8123/tidemark',
      clickhouseCluster: '{cluster}',
      databaseUrl: 'postgres://u:p@127.0.0.1:5432/tidemark',
      ingestUrl: 'http://127.0.0.1:3001',
      webhookToken: 'alerts-0123456789',
      webhookCidrs: ['10.0.0.0/8', 'fd00::/8'],
      webhookTenant: 'ACME',
      metricsToken: 'scrape-0123456789',
      poisonStop: false,
      rateLimits: false,
      requireHttps: true,
      corsOrigins: ['https://console.example.com', 'http://localhost:5173'],
      logLevel: 'debug',
    });
  });

  it.each([
    ['TIDEMARK_API_PORT', 'abc', '"abc"; expected a port from 0 to 65535'],
    ['TIDEMARK_API_PORT', '65536', 'expected a port'],
    ['TIDEMARK_API_PORT', '-1', 'expected a port'],
    ['TIDEMARK_API_PORT', '80.5', 'expected a port'],
    ['TIDEMARK_API_PORT', '0x50', 'expected a port'],
    ['TIDEMARK_API_PORT', '3001', 'expected a port other than that of TIDEMARK_INGEST_PORT'],
    ['TIDEMARK_HOST', 'two words', 'expected an IP address or host name'],
    ['TIDEMARK_DATA_DIR', '', 'TIDEMARK_DATA_DIR is empty'],
    ['CLICKHOUSE_URL', ' ', 'CLICKHOUSE_URL is empty'],
    ['CLICKHOUSE_URL', 'postgres://h/db', 'expected a URL beginning with http:// or https://'],
    ['DATABASE_URL', 'localhost:5432', 'expected a URL beginning with postgres:// or postgresql://'],
    ['TIDEMARK_LOG_URL', 'http://127.0.0.1', 'expected a URL beginning with tidemark-log://'],
    ['KAFKA_BROKERS', 'broker', 'expected host:port pairs separated by commas'],
    ['KAFKA_BROKERS', 'a:1,', 'expected host:port pairs'],
    ['KAFKA_SSL_CA', 'ca.pem', 'expected KAFKA_SSL=on beside it'],
    ['TIDEMARK_WEBHOOK_CIDR', '10.0.0.0/33', 'expected networks such as 10.0.0.0/8'],
    ['TIDEMARK_WEBHOOK_CIDR', '10.0.0.0', 'expected networks'],
    ['TIDEMARK_CORS_ORIGINS', '*', 'expected origins such as https://console.example.com'],
    ['TIDEMARK_CORS_ORIGINS', 'https://a.example.com/', 'expected origins'],
    ['TIDEMARK_CORS_ORIGINS', 'https://a.example.com,null', 'expected origins'],
    ['TIDEMARK_RATE_LIMITS', 'maybe', '"maybe"; expected on, off, or requests a minute by category'],
    ['TIDEMARK_LOG_LEVEL', 'loud', 'expected one of trace, debug, info'],
    ['TIDEMARK_ADMIN_KEY', 'mk_live_short', 'expected mk_live_ followed by'],
    ['TIDEMARK_JWT_SECRET', 'short', 'expected at least 32 characters'],
    ['TIDEMARK_WEBHOOK_TOKEN', 'short', 'expected 16 to 256 ASCII characters'],
    ['TIDEMARK_METRICS_TOKEN', 'short', 'expected 16 to 256 ASCII characters'],
    ['TIDEMARK_METRICS_TOKEN', 'with a space inside', 'expected 16 to 256 ASCII characters'],
    ['TIDEMARK_AUDIT_CRON', 'nightly', 'expected a cron expression (UTC) such as 17 3 * * *, or off'],
    ['TIDEMARK_POISON_STOP', 'never', 'expected on or off'],
    ['TIDEMARK_CLICKHOUSE_CLUSTER', "a'; DROP", 'expected the name of a cluster'],
    ['TIDEMARK_CLICKHOUSE_CLUSTER', 'main', 'expected CLICKHOUSE_URL beside it'],
  ])('refuses %s=%j and names the variable and what it expects', (name, value, message) => {
    const read = () => readConfig({ [name]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(name);
    expect(read).toThrow(message);
  });

  it('shows no credential in a message', () => {
    const read = (env: Record<string, string>) => () => readConfig(env);
    expect(read({ DATABASE_URL: 'mysql://user:hunter2@host/db' })).not.toThrow(/hunter2/);
    expect(read({ TIDEMARK_ADMIN_KEY: 'hunter2' })).not.toThrow(/hunter2/);
    expect(read({ TIDEMARK_JWT_SECRET: 'hunter2' })).not.toThrow(/hunter2/);
    expect(read({ TIDEMARK_WEBHOOK_TOKEN: 'hunter2' })).not.toThrow(/hunter2/);
    expect(read({ TIDEMARK_METRICS_TOKEN: 'hunter2' })).not.toThrow(/hunter2/);
  });

  it.each(['TIDEMARK_JWT_ISSUER', 'TIDEMARK_JWT_AUDIENCE'])('asks for %s beside published keys', (name) => {
    const env = {
      TIDEMARK_JWKS_URL: 'https://id.example/jwks',
      TIDEMARK_JWT_ISSUER: 'issuer',
      TIDEMARK_JWT_AUDIENCE: 'audience',
    };
    expect(readConfig(env)).toMatchObject({ jwksUrl: env.TIDEMARK_JWKS_URL });
    expect(() => readConfig({ ...env, [name]: undefined })).toThrow(`${name} is not set; expected`);
  });

  it('refuses two ways to verify a JWT at once', () => {
    const env = { TIDEMARK_JWT_SECRET: 'a'.repeat(32), TIDEMARK_JWKS_URL: 'https://id.example/jwks' };
    expect(() => readConfig(env)).toThrow('expected only one of the two');
  });
});
