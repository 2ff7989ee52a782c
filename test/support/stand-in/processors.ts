import { runStandIn } from './stand-in-tier.ts';

await runStandIn('processors', 'processorsPort');
