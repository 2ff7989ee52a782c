import { defineConfig } from 'vitest/config';

const UNIT = ['test/**/*.test.ts'];
const INTEGRATION = ['test/**/*.int.test.ts'];
const E2E = ['test/e2e/**/*.e2e.test.ts'];
const PROOF = ['test/model/**/*.test.ts', 'test/simulation/**/*.test.ts'];
const KAFKA = ['test/**/*.kafka.test.ts'];
const FOREIGN = ['test/**/*.foreign.test.ts'];
const CONTAINERS = ['test/containers/**/*.container.test.ts'];

/** Unit: no network, seconds. Proof: the sink's protocol, exhaustively and simulated, a minute. Integration: one real engine or socket. E2e: the whole system as child processes. Kafka: a real broker. Foreign: programs of others that speak to us (Debian's prometheus and prometheus-alertmanager). Containers: needs a Docker engine. */
export default defineConfig({
  test: {
    reporters: ['default', './test/support/totals-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: UNIT,
          exclude: [...INTEGRATION, ...E2E, ...PROOF, ...KAFKA, ...FOREIGN, ...CONTAINERS],
          testTimeout: 10_000,
        },
      },
      { test: { name: 'proof', include: PROOF, testTimeout: 120_000 } },
      {
        test: {
          name: 'integration',
          include: INTEGRATION,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          // As in production: what is imported by path at run time (routes by folder) shares its modules with the test.
          experimental: { viteModuleRunner: false },
        },
      },
      { test: { name: 'e2e', include: E2E, testTimeout: 180_000, hookTimeout: 120_000, fileParallelism: false } },
      { test: { name: 'kafka', include: KAFKA, testTimeout: 60_000, hookTimeout: 300_000, fileParallelism: false } },
      {
        test: {
          name: 'foreign',
          include: FOREIGN,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'containers',
          include: CONTAINERS,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
