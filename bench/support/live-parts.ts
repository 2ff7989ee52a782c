interface Part {
  name: string;
  partition: string;
  firstBlock: number;
  lastBlock: number;
  level: number;
}

const partPattern = /^(.+)_(\d+)_(\d+)_(\d+)(?:_\d+)?$/;

/**
 * Of the directories of a MergeTree table, the parts in force: `<partition>_<first block>_<last block>_<level>`, not covered by a merged
 * part of a higher level. Replaced parts stay on disk for minutes, so the size of the whole directory depends on when one looks.
 */
export function findLiveParts(names: readonly string[]): string[] {
  const parts = names.flatMap(readPart);
  return parts.filter((part) => !parts.some((other) => isReplacedBy(part, other))).map(({ name }) => name);
}

function readPart(name: string): Part[] {
  const [, partition, firstBlock, lastBlock, level] = partPattern.exec(name) ?? [];
  if (partition === undefined || /^(tmp|delete_tmp)_/.test(name)) return [];
  return [{ name, partition, firstBlock: Number(firstBlock), lastBlock: Number(lastBlock), level: Number(level) }];
}

function isReplacedBy(part: Part, other: Part): boolean {
  const covers = other.firstBlock <= part.firstBlock && other.lastBlock >= part.lastBlock;
  return other.partition === part.partition && covers && other.level > part.level;
}
