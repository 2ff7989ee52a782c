import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEmbeddedLog } from '../platform/log-store/embedded-client.ts';
import type { LogStore } from '../platform/log-store/log-store.ts';
import { TOPICS } from '../schemas/topics.ts';

/**
 * What durable appends to the embedded log cost, over its socket, server in a process of its own:
 * `node bench/log-appends.ts [seconds per row]`. Linux only (CPU of the server is read from /proc).
 */
const ROW_MS = 1_000 * Number(process.argv[2] ?? 4);
const TICK_MS = 10;

interface Row {
  name: string;
  valueBytes: number;
  /** Values of one append. */
  batch: number;
  /** Appends in flight. */
  appenders: number;
  partitions: number;
  /** Also read everything with a consumer. */
  isRead?: boolean;
}

const ROWS: Row[] = [
  { name: '200 B, batch 1, one appender', valueBytes: 200, batch: 1, appenders: 1, partitions: 1 },
  { name: '200 B, batch 1, 100 appenders', valueBytes: 200, batch: 1, appenders: 100, partitions: 1 },
  { name: '200 B, batch 100', valueBytes: 200, batch: 100, appenders: 1, partitions: 1 },
  { name: '200 B, batch 1000', valueBytes: 200, batch: 1000, appenders: 1, partitions: 1 },
  { name: '200 B, batch 1000, 8 appenders', valueBytes: 200, batch: 1000, appenders: 8, partitions: 1 },
  { name: '150 kB, 8 appenders', valueBytes: 150_000, batch: 1, appenders: 8, partitions: 1 },
  { name: '150 kB, 8 appenders, 4 partitions', valueBytes: 150_000, batch: 1, appenders: 8, partitions: 4 },
  {
    name: '150 kB, 8 appenders, and a reader',
    valueBytes: 150_000,
    batch: 1,
    appenders: 8,
    partitions: 1,
    isRead: true,
  },
];

const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-bench-log-'));
const entry = fileURLToPath(new URL('../platform/log-store/embedded-server-main.ts', import.meta.url));
const server = fork(entry, { env: { ...process.env, TIDEMARK_DATA_DIR: dataDir, TIDEMARK_LOG_PORT: '0' } });
const [{ url }] = (await once(server, 'message')) as [{ url: string }];
const log = await createEmbeddedLog({ url });

console.log('| appends | msgs/s | MB/s | p50 ms | p99 ms | server µs/append | client µs/append |');
console.log('|---|---|---|---|---|---|---|');
for (const row of ROWS) console.log(await measure(row));

await log.close();
server.disconnect();
await once(server, 'exit');
await rm(dataDir, { recursive: true });

async function measure(row: Row): Promise<string> {
  const reader = row.isRead ? await readTail(log) : undefined;
  const before = { server: serverCpuMs(), client: process.cpuUsage(), at: performance.now() };
  const endsAt = before.at + ROW_MS;
  const latencies: number[] = [];
  await Promise.all(
    Array.from({ length: row.appenders }, async (_, appender) => {
      const values = Array.from({ length: row.batch }, () => Buffer.alloc(row.valueBytes, appender));
      for (let at = performance.now(); at < endsAt; ) {
        await log.append(TOPICS.events, appender % row.partitions, values);
        const now = performance.now();
        latencies.push(now - at);
        at = now;
      }
    }),
  );
  const seconds = (performance.now() - before.at) / 1_000;
  const client = process.cpuUsage(before.client);
  const serverMs = serverCpuMs() - before.server;
  await reader?.stop();
  const messages = (latencies.length * row.batch) / seconds;
  latencies.sort((a, b) => a - b);
  const at = (part: number) => latencies[Math.floor(part * latencies.length)]?.toFixed(2);
  const cells = [
    row.name,
    Math.round(messages).toLocaleString('en'),
    ((messages * row.valueBytes) / 1e6).toFixed(1),
    at(0.5),
    at(0.99),
    Math.round((serverMs * 1_000) / latencies.length),
    Math.round((client.user + client.system) / latencies.length),
  ];
  return `| ${cells.join(' | ')} |`;
}

async function readTail(from: LogStore) {
  const { next } = await from.bounds(TOPICS.events, 0);
  return from.consume({
    group: 'bench',
    topics: [TOPICS.events],
    onAssign: async ({ partition }) => (partition === 0 ? next : undefined),
    onBatch: async () => undefined,
  });
}

/** User and system time of the server, from its start, in ticks of 10 ms. */
function serverCpuMs(): number {
  const stat = readFileSync(`/proc/${server.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
