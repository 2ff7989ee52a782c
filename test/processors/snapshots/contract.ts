import { describe, expect, it } from 'vitest';
import {
  type Claim,
  SnapshotLostError,
  type SnapshotPart,
  type SnapshotStore,
} from '../../../processors/snapshots/snapshot-store.ts';

/** What every snapshot store does. `open` answers one that is empty for the group it is given. */
export function describeSnapshotStore(open: () => SnapshotStore): void {
  let count = 0;
  const createClaim = (claim: Partial<Claim> = {}): Claim => {
    count += claim.group === undefined ? 1 : 0;
    return { group: `g${count}`, topic: 't', partition: 0, epoch: 1, lineage: undefined, freshLineage: 'a', ...claim };
  };
  const take = async (store: SnapshotStore, claim: Claim) => {
    const parts: SnapshotPart[] = [];
    const taken = await store.takeOver(claim, (part) => parts.push({ ...part, body: Uint8Array.from(part.body) }));
    return { ...taken, parts };
  };
  const part = (section: string, bucket: number, ...bytes: number[]): SnapshotPart => ({
    section,
    bucket,
    body: Uint8Array.from(bytes),
  });

  describe('a snapshot store', () => {
    it('has nothing at first, and names what is to come', async () => {
      const claim = createClaim();
      const { ownership, offset, parts } = await take(open(), claim);
      expect({ lineage: ownership.lineage, offset, parts }).toEqual({ lineage: 'a', offset: undefined, parts: [] });
    });

    it('hands the last snapshot to the next owner, parts in order', async () => {
      const store = open();
      const claim = createClaim();
      const { ownership } = await take(store, claim);
      await store.save(ownership, 7, [part('y', 10, 1), part('y', 9, 2, 0, 255), part('x', 3, 3), part('z', 0, 4)]);
      await store.save(ownership, 9, [part('x', 3, 5), part('z', 0), part('never', 1)]);
      const next = await take(store, { ...claim, epoch: 2, lineage: 'a', freshLineage: 'b' });
      expect(next.ownership).toMatchObject({ epoch: 2, lineage: 'a' });
      expect(next.offset).toBe(9);
      expect(next.parts).toEqual([part('x', 3, 5), part('y', 9, 2, 0, 255), part('y', 10, 1)]);
    });

    it('hands on parts of any size, and goes on after a reader that fails', async () => {
      const store = open();
      for (const size of [10, 20_000, 300_000]) {
        const claim = createClaim();
        const { ownership } = await take(store, claim);
        const parts = Array.from({ length: 40 }, (_, bucket) => ({
          ...{ section: 'x', bucket, body: new Uint8Array(size).fill(bucket) },
        }));
        await store.save(ownership, 1, parts);
        const failing = store.takeOver({ ...claim, epoch: 2, lineage: 'a' }, () => {
          throw new RangeError('no such state');
        });
        await expect(failing).rejects.toThrow('no such state');
        const next = await take(store, { ...claim, epoch: 3, lineage: 'a' });
        expect(next.parts).toEqual(parts);
      }
    });

    it('lets an owner take over again under the same epoch', async () => {
      const store = open();
      const claim = createClaim({ epoch: 5 });
      await take(store, claim);
      const again = await take(store, { ...claim, lineage: 'a' });
      await store.save(again.ownership, 1, [part('x', 0, 1)]);
    });

    it('takes nothing from an owner that was followed by another', async () => {
      const store = open();
      const claim = createClaim();
      const first = await take(store, claim);
      await store.save(first.ownership, 3, [part('x', 0, 1)]);
      await take(store, { ...claim, epoch: 2, lineage: 'a' });
      await expect(store.save(first.ownership, 4, [part('x', 0, 2)])).rejects.toBeInstanceOf(SnapshotLostError);
      await expect(take(store, { ...claim, lineage: 'a' })).rejects.toBeInstanceOf(SnapshotLostError);
      const third = await take(store, { ...claim, epoch: 3, lineage: 'a' });
      expect({ offset: third.offset, parts: third.parts }).toEqual({ offset: 3, parts: [part('x', 0, 1)] });
    });

    it('drops what belongs to another log or another life of the group, whatever its epoch', async () => {
      const store = open();
      const claim = createClaim({ epoch: 40 });
      const first = await take(store, claim);
      await store.save(first.ownership, 3, [part('x', 0, 1)]);
      const fresh = await take(store, { ...claim, epoch: 1, lineage: undefined, freshLineage: 'b' });
      expect({ offset: fresh.offset, parts: fresh.parts }).toEqual({ offset: undefined, parts: [] });
      await expect(store.save(first.ownership, 4, [])).rejects.toBeInstanceOf(SnapshotLostError);
      await store.save(fresh.ownership, 1, [part('y', 0, 1)]);
      const next = await take(store, { ...claim, epoch: 2, lineage: 'b', freshLineage: 'c' });
      expect({ offset: next.offset, parts: next.parts }).toEqual({ offset: 1, parts: [part('y', 0, 1)] });
    });

    it('keeps partitions and groups apart', async () => {
      const store = open();
      const claim = createClaim();
      const first = await take(store, claim);
      const second = await take(store, { ...claim, partition: 1, freshLineage: 'b' });
      await store.save(first.ownership, 3, [part('x', 0, 1)]);
      await store.save(second.ownership, 4, [part('x', 0, 2)]);
      const again = await take(store, { ...claim, epoch: 2, lineage: 'a' });
      expect({ offset: again.offset, parts: again.parts }).toEqual({ offset: 3, parts: [part('x', 0, 1)] });
    });

    it('stores more parts than one statement takes, of several megabytes', async () => {
      const store = open();
      const claim = createClaim();
      const { ownership } = await take(store, claim);
      const large = [0, 1, 2].map((bucket) => ({ section: 'large', bucket, body: new Uint8Array(3_000_000).fill(7) }));
      const many = Array.from({ length: 6_000 }, (_, bucket) => part('many', bucket, bucket % 256));
      await store.save(ownership, 5, [...large, ...many]);
      const { parts } = await take(store, { ...claim, epoch: 2, lineage: 'a' });
      expect(parts.map(({ body }) => body.length)).toEqual([3_000_000, 3_000_000, 3_000_000, ...many.map(() => 1)]);
      expect(parts.at(-1)).toEqual(part('many', 5_999, 5_999 % 256));
    });
  });
}
