import { createServer } from 'node:http';
import { readConfig } from '../../../platform/config.ts';
import { runService } from '../../../platform/service.ts';

/** A tier that does nothing but serve: what the supervisor needs of one. Asked to `/crash` it dies; `/env` shows what it was given. */
export function runStandIn(name: string, portOf: 'ingestPort' | 'apiPort' | 'processorsPort'): Promise<void> {
  return runService({
    name,
    async start() {
      if (process.env.STAND_IN_FAILS === name) throw new Error('the stand-in was told to fail');
      const { host, [portOf]: port } = readConfig(process.env);
      const server = createServer((request, response) => {
        if (request.url === '/crash') process.kill(process.pid, 'SIGKILL');
        response.end(JSON.stringify(process.env));
      });
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
      return {
        urls: { [name === 'query-api' ? 'api' : name]: `http://${host}:${port}` },
        stop: () => new Promise((resolve) => server.close(() => resolve())),
      };
    },
  });
}
