import { ConfigError } from './config.ts';
import { keepMemoryReducerAwake } from './memory-reducer.ts';
import { redactSecrets } from './redact.ts';

export interface RunningService {
  /** What it serves, by name: `{ api: 'http://127.0.0.1:8080' }`. */
  urls: Record<string, string>;
  /** Drains: no new work, finish what was accepted, close. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  name: string;
  start(): Promise<RunningService>;
}

const maxDrainMs = 8_000;

/**
 * Runs one process of Tidemark: starts it, tells a supervisor through IPC (`{ type: 'ready', urls }`), drains once on SIGTERM, SIGINT or
 * the loss of the supervisor, and exits: 0 after a clean drain, 1 with one line on standard error when the start failed, the drain
 * failed or took more than 8 s, or an error reached nobody.
 */
export async function runService({ name, start }: ServiceOptions): Promise<void> {
  process.on('uncaughtException', (error) => fail(name, `stopped by an unexpected error: ${stackOf(error)}`));
  const starting = start();
  drainOnSignal(name, starting);
  const service = await starting.catch((error: unknown) => fail(name, describeStartError(error)));
  keepMemoryReducerAwake();
  process.send?.({ type: 'ready', urls: service.urls }, undefined, undefined, ignoreLostSupervisor);
}

/** One human line for an error that kept a process from starting: no stack, the causes in brackets. */
export function describeStartError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError) return error.message;
  const { code, address, port, path } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') return `port ${port} of ${address} is taken by another program`;
  if (code === 'EADDRNOTAVAIL') return `address ${address} does not belong to this machine`;
  if (code === 'EACCES' && port !== undefined) return `no permission to listen on port ${port} of ${address}`;
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return `no permission to write ${path ?? error.message}`;
  const cause = error.cause === undefined ? '' : ` (${describeStartError(error.cause)})`;
  return `${error.message}${cause}`.replaceAll(/\s*\n\s*/g, ' ');
}

function drainOnSignal(name: string, starting: Promise<RunningService>): void {
  let isDraining = false;
  const drain = () => {
    if (isDraining) return;
    isDraining = true;
    setTimeout(() => fail(name, `did not stop within ${maxDrainMs / 1000} s`), maxDrainMs).unref();
    starting
      .then((service) => service.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => fail(name, `stopped, but not cleanly: ${describeStartError(error)}`),
      );
  };
  process.on('SIGTERM', drain);
  process.on('SIGINT', drain);
  process.on('disconnect', drain);
}

// The supervisor may die between our start and this message; 'disconnect' handles that.
function ignoreLostSupervisor(): void {}

function fail(name: string, line: string): never {
  process.stderr.write(`${name}: ${redactSecrets(line)}\n`);
  process.exit(1);
}

function stackOf(error: unknown): string {
  return error instanceof Error && error.stack !== undefined ? error.stack : String(error);
}
