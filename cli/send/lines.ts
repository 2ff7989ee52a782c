import { CliError, EXIT } from '../exit-codes.ts';

export interface Line {
  /** From 1. */
  number: number;
  text: string;
  /** Bytes of the input up to and with this line. */
  endByte: number;
}

/** Longest line that is looked at: 1 MiB. */
export const MAX_LINE_BYTES = 1024 * 1024;
const newline = 0x0a;

/** The lines of a stream of bytes with their numbers, without blank ones. CliError when one is longer than any event can be. */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  let endByte = 0;
  const take = (bytes: Buffer, withBreak: number): Line | undefined => {
    number++;
    endByte += bytes.length + withBreak;
    const text = bytes
      .toString('utf8')
      .replace(number === 1 ? /^\uFEFF/ : /^(?!)/, '')
      .trim();
    return text === '' ? undefined : { number, text, endByte };
  };
  for await (const chunk of input) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline, start)) {
      const line = take(rest.subarray(start, end), 1);
      start = end + 1;
      if (line !== undefined) yield line;
    }
    rest = rest.subarray(start);
    if (rest.length > MAX_LINE_BYTES) {
      throw new CliError(EXIT.rejected, `line ${number + 1} is longer than ${MAX_LINE_BYTES} bytes: one event a line?`);
    }
  }
  const last = rest.length === 0 ? undefined : take(rest, 0);
  if (last !== undefined) yield last;
}
