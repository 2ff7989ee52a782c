import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AVSC_FILES } from '../../schemas/avsc-files.ts';

const folder = new URL('../../schemas/avsc/', import.meta.url);

test('the exported schemas are current: run `node schemas/export-avsc.ts` after a change', () => {
  expect(readdirSync(folder).sort()).toEqual(Object.keys(AVSC_FILES).sort());
  for (const [name, text] of Object.entries(AVSC_FILES)) expect(readFileSync(new URL(name, folder), 'utf8')).toBe(text);
});
