import { openConnection } from './connection.ts';
import { type TelemetryLoadKind, telemetryRequest } from './telemetry-request.ts';

export interface TelemetryLoadOptions {
  kind: TelemetryLoadKind;
  /** Base URL of the ingest tier. */
  url: string;
  key: string;
  connections: number;
  batchSize: number;
  seconds: number;
}

export interface TelemetryLoadResult {
  accepted: number;
  refused: number;
  elapsedMs: number;
}

// The load generator's process: the options come as one JSON argument, the result goes to the parent over IPC.
const options = JSON.parse(process.argv[2] ?? '{}') as TelemetryLoadOptions;
const { hostname, port } = new URL(options.url);
const request = telemetryRequest(options.kind, { host: hostname, key: options.key, count: options.batchSize });
const result: TelemetryLoadResult = { accepted: 0, refused: 0, elapsedMs: 0 };
const startedAt = performance.now();
const isOver = () => performance.now() - startedAt > options.seconds * 1_000;

await Promise.all(Array.from({ length: options.connections }, drive));
result.elapsedMs = performance.now() - startedAt;
process.send?.(result);
process.disconnect();

async function drive(): Promise<void> {
  const connection = await openConnection({ host: hostname, port: Number(port) });
  while (!isOver()) {
    const status = await connection.send(request);
    if (status === 202) result.accepted += options.batchSize;
    else result.refused++;
  }
  connection.close();
}
