import {
  type Claim,
  type Ownership,
  SnapshotLostError,
  type SnapshotPart,
  type SnapshotPlace,
  type SnapshotStore,
  type TakenOver,
} from '../../processors/snapshots/snapshot-store.ts';

interface Stored {
  lineage: string;
  epoch: number;
  offset: number | undefined;
  parts: Map<string, SnapshotPart>;
}

const nameOf = ({ group, topic, partition }: SnapshotPlace): string => `${group} ${topic} ${partition}`;

/** The snapshots' in-memory twin: passes the same contract suite as PostgreSQL. */
export function createMemorySnapshots(): SnapshotStore {
  const places = new Map<string, Stored>();
  return {
    async takeOver(claim, onPart) {
      const stored = places.get(nameOf(claim));
      const taken = takeOver(stored, claim);
      places.set(nameOf(claim), taken);
      for (const part of inOrder(taken.parts)) onPart(part);
      return toTakenOver(claim, taken);
    },
    async save(ownership, offset, parts) {
      const stored = places.get(nameOf(ownership));
      if (stored === undefined || stored.epoch !== ownership.epoch || stored.lineage !== ownership.lineage)
        throw new SnapshotLostError('taken over');
      stored.offset = offset;
      for (const part of parts) {
        const name = `${part.section} ${part.bucket}`;
        if (part.body.length === 0) stored.parts.delete(name);
        else stored.parts.set(name, { ...part, body: part.body.slice() });
      }
    },
  };
}

function takeOver(stored: Stored | undefined, { lineage, epoch, freshLineage }: Claim): Stored {
  if (stored === undefined || stored.lineage !== lineage)
    return { lineage: freshLineage, epoch, offset: undefined, parts: new Map() };
  if (stored.epoch > epoch) throw new SnapshotLostError('taken over');
  return { ...stored, epoch };
}

function inOrder(parts: ReadonlyMap<string, SnapshotPart>): SnapshotPart[] {
  return [...parts.values()].sort((a, b) =>
    a.section === b.section ? a.bucket - b.bucket : a.section < b.section ? -1 : 1,
  );
}

function toTakenOver({ group, topic, partition }: SnapshotPlace, { lineage, epoch, offset }: Stored): TakenOver {
  const ownership: Ownership = { group, topic, partition, epoch, lineage };
  return { ownership, offset };
}
