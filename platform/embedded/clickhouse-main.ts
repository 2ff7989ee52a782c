import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DataType, load, open } from 'ffi-rs';

/**
 * Entry of the ClickHouse process: `clickhouse-main.ts <dir> <port> [<tcpPort>]`. The TCP port, on which shards ask each other, is open to
 * `default` too, which may read files of this user: only for a machine one has to oneself. Loads the engine from its npm package and runs it on a thread of its
 * own until standard input ends. The engine reads standard input itself: nothing here may touch it.
 */
const stuckAfterMs = 1_500;
const [dir = '', port = '', tcpPort] = process.argv.slice(2);
const listenTcp = tcpPort === undefined ? '' : 'SYSTEM START LISTEN TCP; ';

// Reading standard input to its end keeps the listener open exactly as long as the parent holds the other end of the pipe.
const untilInputEnds = `SYSTEM START LISTEN HTTP; ${listenTcp}SELECT count() FROM file('-', 'LineAsString', 'line String')`;
const args = [
  'clickhouse',
  '--multiquery',
  `--path=${join(dir, 'data')}`,
  `--http_port=${port}`,
  ...(tcpPort === undefined ? [] : [`--tcp_port=${tcpPort}`]),
  '--listen_host=127.0.0.1',
  `--config-file=${join(dir, 'config.xml')}`,
  '--query',
  untilInputEnds,
];

let isStopping = false;
process.on('disconnect', () => {
  isStopping = true;
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), stuckAfterMs);
});

open({ library: 'chdb', path: findLibrary() });
await load({
  library: 'chdb',
  funcName: 'query_stable_v2',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
  runInNewThread: true,
});
process.exit(isStopping ? 0 : 1);

function findLibrary(): string {
  const libc = process.platform === 'linux' ? '-gnu' : '';
  const name = `@chdb/lib-${process.platform}-${process.arch}${libc}`;
  const require = createRequire(createRequire(import.meta.url).resolve('chdb/package.json'));
  try {
    return join(dirname(require.resolve(name)), 'libchdb.so');
  } catch (error) {
    process.stderr.write(`FATAL: no ClickHouse for this platform (${name} is not installed); set CLICKHOUSE_URL\n`);
    throw error;
  }
}
