import { openLogStore } from '../../../platform/log-store/open.ts';

/** A member of group `group`, run as a process: says when it has a partition. Arguments: log URL, topic. */
const [logUrl, topic = ''] = process.argv.slice(2);
const log = await openLogStore({ logUrl });
await log.consume({
  group: 'group',
  topics: [topic],
  onAssign: async () => {
    process.send?.('assigned');
    return undefined;
  },
  onBatch: async () => undefined,
});
