import { Command, CommanderError } from 'commander';
import { wholeNumber } from './arguments.ts';
import { addAnomaliesCommand } from './commands/anomalies.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addKeyCommands } from './commands/key.ts';
import { addMetricsCommand } from './commands/metrics.ts';
import { addSendCommand } from './commands/send.ts';
import { addSeriesCommand } from './commands/series.ts';
import { addServicesCommand } from './commands/services.ts';
import { addTenantCommands } from './commands/tenant.ts';
import { addTokenCommand } from './commands/token.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';
import { DEFAULT_RETRY } from './retry.ts';
import { DEFAULT_URL } from './settings.ts';

const maxRetries = 100;
const exitCodesText = `
Exit codes: 0 done; 1 the server cannot be reached or fails; 2 usage; 3 the key is unknown or may not do this; 4 not accepted.
Results go to standard output, everything else to standard error.`;

/** Runs the command line; resolves with the exit code and never rejects for what a user can cause. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    await buildProgram(io).parseAsync([...args], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (!(error instanceof CliError)) throw error;
    io.err(`${error.message}\n`);
    return error.exitCode;
  }
}

function buildProgram(io: Io): Command {
  const program = new Command('tidemark')
    .description('A client of Tidemark: tenants, keys, events in, figures out.')
    .option('--url <url>', `address of the API; TIDEMARK_URL, or ${DEFAULT_URL}`)
    .option('--key <key>', 'API key; better TIDEMARK_API_KEY, as other users of a machine can see arguments')
    .option('--json', 'print answers as JSON', false)
    .option('--retries <n>', `tries after the first, ${DEFAULT_RETRY.retries} when absent`, wholeNumber(0, maxRetries))
    .addHelpText('after', exitCodesText)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('(--help shows what there is)');
  addTenantCommands(program, io);
  addKeyCommands(program, io);
  addTokenCommand(program, io);
  addSendCommand(program, io);
  addMetricsCommand(program, io);
  addSeriesCommand(program, io);
  addServicesCommand(program, io);
  addAnomaliesCommand(program, io);
  addAuditCommand(program, io);
  return program;
}
