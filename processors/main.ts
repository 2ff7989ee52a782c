import { runService } from '../platform/service.ts';
import { startProcessors } from './start-processors.ts';

await runService({ name: 'processors', start: () => startProcessors() });
