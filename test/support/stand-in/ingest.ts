import { runStandIn } from './stand-in-tier.ts';

await runStandIn('ingest', 'ingestPort');
