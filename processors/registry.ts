import { archive } from './archive.ts';
import type { AnyProcessor } from './processor.ts';

/** Every processor of the tier, one line each. */
export const processors: readonly AnyProcessor[] = [archive];
