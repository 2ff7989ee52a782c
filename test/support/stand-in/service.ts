import { createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { ConfigError } from '../../../platform/config.ts';
import { runService } from '../../../platform/service.ts';

// A service that behaves as its argument says: serve, fail, listen-twice, reject-later, hang, tell-memory (what V8's memory reducer sees).
const [behaviour] = process.argv.slice(2);

await runService({
  name: 'stand-in',
  async start() {
    if (behaviour === 'fail') throw new ConfigError('TIDEMARK_X is "y"; expected z');
    const server = createServer();
    await listen(server, 0);
    if (behaviour === 'listen-twice') await listen(createServer(), (server.address() as { port: number }).port);
    if (behaviour === 'reject-later') setImmediate(() => Promise.reject(new Error('lost promise')));
    if (behaviour === 'tell-memory') tellMemory();
    console.log('started');
    return { urls: { api: 'http://127.0.0.1:1' }, stop: () => stop(server) };
  },
});

function tellMemory(): void {
  setFlagsFromString('--trace-memory-reducer');
  setFlagsFromString('--gc-memory-reducer-start-delay-ms=100');
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
}

async function stop(server: ReturnType<typeof createServer>): Promise<void> {
  if (behaviour === 'hang') await new Promise(() => {});
  await new Promise((resolve) => server.close(resolve));
  console.log('drained');
}
