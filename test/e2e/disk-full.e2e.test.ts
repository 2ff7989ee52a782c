import { expect, it } from 'vitest';
import { runDiskFull } from '../chaos/disk-full/disk-full.ts';

// Needs the right to mount a small volume: where it is missing this fails, and says so.
it.each(['log', 'clickhouse', 'postgres'] as const)(
  'nothing that was acknowledged is lost while the disk is full (%s), and all goes on when there is room',
  async (store) => {
    expect(await runDiskFull({ store, fullMs: 4_000 })).toMatchObject({ violations: [] });
  },
);
