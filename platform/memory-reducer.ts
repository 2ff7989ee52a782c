import { Script } from 'node:vm';

/** How often the reducer is given a rate to see: it forgets one within two minutes. */
export const REMIND_INTERVAL_MS = 30_000;

/**
 * Makes V8 give back, some ten seconds after a load, what the load made it take. Its memory reducer is there for that, but in the V8 of Node 24 a process
 * that has allocated no C++ object of late counts as one that allocates without pause, and the reducer waits for ever ("high alloc" in the
 * trace of `--trace-memory-reducer`). A script compiled now and then, a few us, is such an object. Returns what ends it.
 */
export function keepMemoryReducerAwake(): () => void {
  compileNothing();
  const timer = setInterval(compileNothing, REMIND_INTERVAL_MS).unref();
  return () => clearInterval(timer);
}

function compileNothing(): void {
  new Script('');
}
