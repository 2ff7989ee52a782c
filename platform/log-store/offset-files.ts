import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './durable-files.ts';
import { LogCorruptError, LogUnavailableError } from './log-store.ts';
import { type GroupState, type OffsetStore, withChange } from './offset-store.ts';

const SUFFIX = '.json';

/** Groups as one small file each, `<group>.json`, replaced as a whole. Changes that arrive during a write share the next one. */
export async function openOffsetFiles(dir: string): Promise<OffsetStore> {
  await mkdir(dir, { recursive: true });
  const groups = new Map<string, GroupFile>();
  for (const name of await readdir(dir)) {
    if (!name.endsWith(SUFFIX)) continue;
    const path = join(dir, name);
    groups.set(name.slice(0, -SUFFIX.length), new GroupFile(path, await readGroup(path)));
  }
  const group = (name: string): GroupFile => {
    const known = groups.get(name);
    if (known) return known;
    const created = new GroupFile(join(dir, `${name}${SUFFIX}`), { epoch: 0, committed: {} });
    groups.set(name, created);
    return created;
  };
  return {
    read: (name) => groups.get(name)?.state ?? { epoch: 0, committed: {} },
    save: async (name, change) => group(name).save(change),
  };
}

async function readGroup(path: string): Promise<GroupState> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new LogCorruptError(`${path} with the committed offsets of a group cannot be read`, { cause });
  }
}

interface PendingChange {
  change: Partial<GroupState>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

class GroupFile {
  readonly #path: string;
  /** What is durable. */
  state: GroupState;
  #pending: PendingChange[] = [];
  #isWriting = false;

  constructor(path: string, state: GroupState) {
    this.#path = path;
    this.state = state;
  }

  save(change: Partial<GroupState>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ change, resolve, reject });
      if (!this.#isWriting) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0);
      const state = batch.reduce((sum, { change }) => withChange(sum, change), this.state);
      try {
        await replaceFile(this.#path, JSON.stringify(state));
        this.state = state;
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        const error = new LogUnavailableError(`the log could not store ${this.#path}`, { cause });
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
  }
}
