import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const maxFileBytes = 5 * 1024 * 1024;

/** Appends lines to a file that never exceeds `maxBytes`: it then becomes `<path>.1` (replacing the one before) and begins anew. */
export function createBoundedFile(path: string, maxBytes = maxFileBytes): (line: string) => void {
  let file = openSync(path, 'a', 0o600);
  let size = fstatSync(file).size;
  return (line) => {
    const bytes = Buffer.from(`${line}\n`);
    if (size + bytes.length > maxBytes && size > 0) {
      closeSync(file);
      renameSync(path, `${path}.1`);
      file = openSync(path, 'a', 0o600);
      size = 0;
    }
    writeSync(file, bytes);
    size += bytes.length;
  };
}
