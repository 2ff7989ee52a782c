import { createMemoryBroker } from '../../../platform/log-store/memory.ts';
import { describeLogContract } from './contract.ts';

describeLogContract('in memory', async (options) => {
  const broker = createMemoryBroker(options);
  return {
    open: async () => broker.open(),
    kill: (client) => client.close(),
    close: async () => undefined,
  };
});
