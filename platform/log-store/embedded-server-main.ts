import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TOPIC_SETTINGS } from '../../schemas/topics.ts';
import { readOrCreateSecrets } from '../embedded/secret-file.ts';
import { createLog } from '../log.ts';
import { keepMemoryReducerAwake } from '../memory-reducer.ts';
import { describeStartError } from '../service.ts';
import { createLogServer, type LogServer } from './embedded-server.ts';
import type { LogEvent } from './log-data.ts';

/**
 * The embedded log server as a process. `TIDEMARK_DATA_DIR` holds the log in its folder `log`; `TIDEMARK_LOG_PORT` is 0 for any free
 * port; the token is `TIDEMARK_LOG_TOKEN`, else generated once and kept beside the log, so that the URL outlives a restart on the same port.
 */
async function start(): Promise<LogServer> {
  const dir = join(resolve(process.env.TIDEMARK_DATA_DIR ?? '.tidemark'), 'log');
  await mkdir(dir, { recursive: true });
  const token =
    process.env.TIDEMARK_LOG_TOKEN ?? (await readOrCreateSecrets(join(dir, 'secrets.json'), ['token'])).token;
  const port = Number(process.env.TIDEMARK_LOG_PORT ?? 0);
  return createLogServer({ dir, port, token, topics: TOPIC_SETTINGS, onEvent: report });
}

const log = createLog('log', process.env.TIDEMARK_LOG_LEVEL ?? 'info');

function report(event: LogEvent): void {
  if (event.kind === 'retained') log.info(event, 'removed segments beyond the retention');
  else if (event.kind === 'recovered') log.warn(event, 'mended the end of a partition');
  else log.error({ doing: event.doing, err: event.error }, 'the log could not do its housekeeping');
}

function fail(error: unknown): never {
  process.stderr.write(`log: ${describeStartError(error)}\n`);
  process.exit(1);
}

const starting = start();

function stop(): void {
  starting.then((server) => server.close()).then(() => process.exit(0), fail);
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
process.once('disconnect', stop);
const { url } = await starting.catch(fail);
keepMemoryReducerAwake();
if (process.send) process.send({ type: 'ready', url });
else process.stdout.write(`${JSON.stringify({ type: 'ready', url })}\n`);
