import { mkdirSync, writeFileSync } from 'node:fs';
import { AVSC_FILES } from './avsc-files.ts';

// Run with `node schemas/export-avsc.ts` after a change of a schema.
mkdirSync(new URL('avsc/', import.meta.url), { recursive: true });
for (const [name, text] of Object.entries(AVSC_FILES)) writeFileSync(new URL(`avsc/${name}`, import.meta.url), text);
