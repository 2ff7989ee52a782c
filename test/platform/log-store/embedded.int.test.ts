import { createEmbeddedLog } from '../../../platform/log-store/embedded-client.ts';
import { createLogServer } from '../../../platform/log-store/embedded-server.ts';
import { describeLogContract } from './contract.ts';
import { withTempDir } from './temp-dir.ts';

describeLogContract('embedded', async (options) => {
  const temp = await withTempDir();
  const server = await createLogServer({ dir: temp.dir, token: 'token', ...options });
  return {
    open: () => createEmbeddedLog({ url: server.url }),
    kill: (client) => client.close(),
    close: async () => {
      await server.close();
      await temp.remove();
    },
  };
});
