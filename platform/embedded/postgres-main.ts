import { spawn } from 'node:child_process';

/**
 * Entry of the process that holds PostgreSQL: `postgres-main.ts <uid or -> <command> <args...>`. PostgreSQL does not notice that its
 * parent is gone; this one does (its IPC channel closes) and stops it: fast shutdown first, then by force.
 */
const forceAfterMs = 2_000;
const [uid = '-', command = '', ...args] = process.argv.slice(2);

const postgres = spawn(command, args, {
  stdio: ['ignore', 'inherit', 'inherit'],
  ...(uid === '-' ? {} : { uid: Number(uid), gid: Number(uid) }),
});
postgres.once('error', (error) => {
  process.stderr.write(`FATAL: cannot run ${command}: ${error.message}\n`);
  process.exit(1);
});
postgres.once('exit', (code) => process.exit(code ?? 1));

const stop = () => {
  postgres.kill('SIGINT');
  setTimeout(() => postgres.kill('SIGKILL'), forceAfterMs);
};
process.once('disconnect', stop);
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
