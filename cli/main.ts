#!/usr/bin/env node
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './program.ts';

// A reader such as head may have seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true,
  sleep: (durationMs) => sleep(durationMs),
});
