import { unavailable } from '../errors.ts';
import { isPostgresAway } from '../postgres.ts';
import { confirmedLifeMs, loadDeadlineMs, maxLoads, staleLifeMs, unconfirmedLifeMs } from './cache-limits.ts';
import type { Outage } from './outage.ts';

export interface FreshCacheOptions<V> {
  /** Reads the value from PostgreSQL; undefined when there is none. */
  load(key: string): Promise<V | undefined>;
  maxEntries: number;
  /** Number of the uninterrupted subscription that reports changes; undefined while there is none. */
  epoch(): number | undefined;
  outage: Outage;
  now: () => number;
}

interface Entry<V> {
  value: V | undefined;
  /** Resolved with the value: handed to every caller. */
  answer: Promise<V | undefined>;
  /** Before the query began. */
  loadedAt: number;
  /** Subscription that covers the entry from its query on; undefined when none does. */
  epoch: number | undefined;
}

/**
 * A bounded cache in front of PostgreSQL that is at most a second behind. Entries live long while a subscription reports changes and are
 * read again soon while none does; absent values always are. One query at a time per key. While PostgreSQL is away an entry
 * stays in force for a minute, then look-ups reject as unavailable.
 */
export class FreshCache<V> {
  #options: FreshCacheOptions<V>;
  #present = new Map<string, Entry<V>>();
  // Apart, so that asking for things that do not exist evicts nothing that does.
  #absent = new Map<string, Entry<V>>();
  #loads = new Map<string, Promise<V | undefined>>();
  #changes = 0;

  constructor(options: FreshCacheOptions<V>) {
    this.#options = options;
  }

  /** The value when it is here and fresh, without a promise; undefined says nothing. */
  peek(key: string): V | undefined {
    const entry = this.#present.get(key);
    return entry !== undefined && this.#isFresh(entry) ? entry.value : undefined;
  }

  get(key: string): Promise<V | undefined> {
    const entry = this.#entry(key);
    if (entry !== undefined && this.#isFresh(entry)) return entry.answer;
    const load = this.#loadOnce(key);
    return this.#options.outage.isAway() && this.#isUsable(entry) ? entry.answer : load;
  }

  /** Forgets one entry, and does not trust what is being read just now. */
  delete(key: string): void {
    this.#changes++;
    this.#present.delete(key);
    this.#absent.delete(key);
  }

  deleteWhere(matches: (value: V) => boolean): void {
    this.#changes++;
    this.#absent.clear();
    for (const [key, { value }] of this.#present) {
      if (value !== undefined && matches(value)) this.#present.delete(key);
    }
  }

  clear(): void {
    this.deleteWhere(() => true);
  }

  #entry(key: string): Entry<V> | undefined {
    return this.#present.get(key) ?? this.#absent.get(key);
  }

  #isFresh({ loadedAt, epoch }: Entry<V>): boolean {
    const ageMs = this.#options.now() - loadedAt;
    if (ageMs < 0) return false;
    if (ageMs <= unconfirmedLifeMs) return true;
    return ageMs <= confirmedLifeMs && epoch !== undefined && epoch === this.#options.epoch();
  }

  #isUsable(entry: Entry<V> | undefined): entry is Entry<V> {
    return entry !== undefined && Math.abs(this.#options.now() - entry.loadedAt) <= staleLifeMs;
  }

  #loadOnce(key: string): Promise<V | undefined> {
    const running = this.#loads.get(key);
    if (running !== undefined) return running;
    if (!this.#options.outage.mayTry() || this.#loads.size >= maxLoads) return this.#withoutPostgres(key, undefined);
    const load = this.#load(key).finally(() => this.#loads.delete(key));
    // Nobody waits for it when a stale entry was handed out meanwhile.
    load.catch(ignore);
    this.#loads.set(key, load);
    return load;
  }

  async #load(key: string): Promise<V | undefined> {
    const { epoch, load, now, outage } = this.#options;
    const [loadedAt, coveredBy, changes] = [now(), epoch(), this.#changes];
    try {
      const value = await withinDeadline(load(key));
      outage.onSuccess();
      const isCovered = value !== undefined && changes === this.#changes;
      this.#store(key, { value, answer: Promise.resolve(value), loadedAt, epoch: isCovered ? coveredBy : undefined });
      return value;
    } catch (error) {
      if (!isPostgresAway(error)) throw error;
      outage.onFailure(error);
      return this.#withoutPostgres(key, error);
    }
  }

  async #withoutPostgres(key: string, cause: unknown): Promise<V | undefined> {
    const entry = this.#entry(key);
    if (this.#isUsable(entry)) return entry.answer;
    throw Object.assign(unavailable('The control plane is not available at the moment.'), { cause });
  }

  // The oldest by the time of reading goes first: what is in use is read again every half minute, so this comes close to
  // least recently used, without reordering the map on every hit.
  #store(key: string, entry: Entry<V>): void {
    this.#present.delete(key);
    this.#absent.delete(key);
    const map = entry.value === undefined ? this.#absent : this.#present;
    map.set(key, entry);
    const [oldest] = map.keys();
    if (map.size > this.#options.maxEntries && oldest !== undefined) map.delete(oldest);
  }
}

function withinDeadline<T>(work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const late = () => reject(Object.assign(new Error('PostgreSQL did not answer in time'), { code: 'ETIMEDOUT' }));
  const timer = setTimeout(late, loadDeadlineMs);
  work.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}

function ignore(): void {}
