import { runStandIn } from './stand-in-tier.ts';

await runStandIn('query-api', 'apiPort');
