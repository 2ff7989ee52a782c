import type { Io } from './io.ts';

export interface Progress {
  /** Share from 0 to 1, undefined when nobody knows how much is to come; and what to say beside it. */
  show(share: number | undefined, text: string): void;
  end(): void;
}

const width = 24;
const intervalMs = 100;

/** A line on the terminal that updates itself; nothing at all where no person reads. */
export function createProgress(io: Pick<Io, 'err' | 'isTerminal'>): Progress {
  let shownAt = Number.NEGATIVE_INFINITY;
  let last = '';
  return {
    show(share, text) {
      last = `${share === undefined ? '' : `${renderBar(share)} `}${text}`;
      if (!io.isTerminal || performance.now() - shownAt < intervalMs) return;
      shownAt = performance.now();
      io.err(`\r\u001b[K${last}`);
    },
    end() {
      if (io.isTerminal && last !== '') io.err(`\r\u001b[K${last}\n`);
    },
  };
}

/** `[=====>    ]  42 %` */
export function renderBar(share: number): string {
  const done = Math.round(Math.min(Math.max(share, 0), 1) * width);
  const bar = done === width ? '='.repeat(width) : `${'='.repeat(done)}>${' '.repeat(width - done - 1)}`;
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %`;
}
