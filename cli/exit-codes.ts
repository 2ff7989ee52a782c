/** What the exit code of the command line says. */
export const EXIT = {
  done: 0,
  /** The server could not be reached, or failed, however often it was asked. */
  unavailable: 1,
  /** The command was not understood, or has no key or no readable file. */
  usage: 2,
  /** The key is unknown (401) or may not do this (403). */
  refused: 3,
  /** The server did not accept what it was sent or asked for, or some lines of a file. */
  rejected: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error that is told in one line and ends the program with the code. */
export class CliError extends Error {
  override name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
