import { formatNumber } from './table.ts';

export interface Progress {
  add(count: number): void;
  end(): void;
}

const steps = 10;

/** Shows how far a known amount of work is: one updating line on a terminal, otherwise a line every tenth. */
export function createProgress(what: string, total: number, output: NodeJS.WriteStream = process.stdout): Progress {
  let done = 0;
  let shownStep = 0;
  const line = () => `${what}: ${formatNumber(done)} of ${formatNumber(total)} (${Math.floor((100 * done) / total)} %)`;
  return {
    add: (count) => {
      done += count;
      if (output.isTTY) output.write(`\r${line()}`);
      const step = Math.floor((steps * done) / total);
      if (!output.isTTY && step > shownStep) output.write(`${line()}\n`);
      shownStep = step;
    },
    end: () => {
      if (output.isTTY) output.write('\n');
    },
  };
}
