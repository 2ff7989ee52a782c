/** Names the snapshots that belong to a group's commits. */
export const encodeLineage = (lineage: string): string => JSON.stringify({ lineage });

/** The name in a commit's metadata; undefined when there is none. */
export function decodeLineage(metadata: string | undefined): string | undefined {
  if (metadata === undefined || metadata === '') return undefined;
  try {
    const value: unknown = JSON.parse(metadata);
    if (typeof value !== 'object' || value === null || !('lineage' in value)) return undefined;
    return typeof value.lineage === 'string' ? value.lineage : undefined;
  } catch {
    return undefined;
  }
}
