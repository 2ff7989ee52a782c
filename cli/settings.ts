import type { Command } from 'commander';
import { type Client, createClient } from './client.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { DEFAULT_RETRY } from './retry.ts';

export interface GlobalOptions {
  url?: string;
  key?: string;
  json?: boolean;
  retries?: number;
}

/** What every command works with. */
export interface Context {
  client: Client;
  io: Io;
  /** Shows an answer: as it is with --json, else as the text made of it. */
  show<T>(answer: T, toText: (answer: T) => string): void;
  isJson: boolean;
}

export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** The context of a command from its options and the environment. CliError without a key. */
export function createContext(command: Command, io: Io): Context {
  const { url, key, json = false, retries } = command.optsWithGlobals<GlobalOptions>();
  const usedKey = key ?? io.env.TIDEMARK_API_KEY;
  if (usedKey === undefined || usedKey === '') {
    throw new CliError(EXIT.usage, 'no key: set TIDEMARK_API_KEY or give --key');
  }
  // A header that could not be sent would be reported as a failing connection.
  if (!/^[\x21-\x7e]+$/.test(usedKey)) throw new CliError(EXIT.usage, 'the key has characters no key has');
  const client = createClient({
    url: url ?? io.env.TIDEMARK_URL ?? DEFAULT_URL,
    key: usedKey,
    io,
    retry: { ...DEFAULT_RETRY, retries: retries ?? DEFAULT_RETRY.retries },
  });
  return {
    client,
    io,
    isJson: json,
    show: (answer, toText) => io.out(json ? `${JSON.stringify(answer)}\n` : toText(answer)),
  };
}
