import { type ClickHouse, ClickHouseUnavailableError } from '../../platform/clickhouse.ts';
import { type LogStore, LogUnavailableError } from '../../platform/log-store/log-store.ts';
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';
import type { Random } from './random.ts';
import { execute } from './statements.ts';

/** How often what a process sends goes wrong on the way; shares of 1. */
export interface Weather {
  refused: number;
  answerLost: number;
}

export interface HostOptions {
  clock: Clock;
  random: Random;
  weather: Weather;
  engine: Engine;
  logStore: LogStore;
}

const latencyMs = 3;
/** As in platform/clickhouse.ts. */
const requestTimeoutMs = 30_000;

/** A process as seen from outside: it can be frozen, and killed. What goes in and out of it waits meanwhile, for ever when it is dead. */
export class Host {
  readonly clickhouse: ClickHouse;
  readonly logStore: LogStore;
  readonly #options: HostOptions;
  readonly #died = Promise.withResolvers<undefined>();
  #leave: () => Promise<void> = async () => undefined;
  #isDead = false;
  #frozenUntil = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.clickhouse = this.#createClickHouse();
    this.logStore = this.#createLogStore();
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  freeze(ms: number): void {
    this.#frozenUntil = this.#options.clock.now() + ms;
  }

  /** The log notices at once, because the connection breaks. */
  kill(): void {
    this.#isDead = true;
    this.#died.resolve(undefined);
    void this.#leave();
  }

  /** Resolves when the process runs: never, when it is dead. */
  async #awake(): Promise<void> {
    const { clock } = this.#options;
    while (clock.now() < this.#frozenUntil) await clock.sleep(this.#frozenUntil - clock.now());
    if (this.#isDead) await new Promise(() => undefined);
  }

  /** A request and its answer, each of which may be lost. */
  async request<Result>(work: () => Promise<Result>, createError: (reason: string) => Error): Promise<Result> {
    const { clock, random, weather } = this.#options;
    await this.#awake();
    const isRefused = random.isHit(weather.refused);
    const isAnswerLost = random.isHit(weather.answerLost);
    await clock.sleep(random.between(0, latencyMs));
    try {
      if (isRefused) throw createError('refused');
      const result = await work();
      if (isAnswerLost) throw createError('the answer was lost');
      await this.#awake();
      return result;
    } catch (error) {
      await this.#awake();
      throw error;
    }
  }

  #createClickHouse(): ClickHouse {
    const { clock, engine } = this.#options;
    const unavailable = (reason: string) => new ClickHouseUnavailableError(reason);
    const ask = <Result>(work: () => Promise<Result>): Promise<Result> =>
      this.request(() => {
        const timeout = clock.sleep(requestTimeoutMs).then(() => Promise.reject(unavailable('no answer in time')));
        return Promise.race([work(), timeout]);
      }, unavailable);
    return {
      async select<Row>(query: string, params: Record<string, unknown> = {}): Promise<Row[]> {
        return (await ask(() => execute(engine, { query, params }))) as Row[];
      },
      async command(query, params = {}, { queryId } = {}) {
        await ask(() => execute(engine, { query, params, ...(queryId === undefined ? {} : { queryId }) }));
      },
      insertNative: (insert) => ask(() => engine.insert(insert)),
      ping: async () => undefined,
      close: async () => undefined,
    };
  }

  #createLogStore(): LogStore {
    const { logStore } = this.#options;
    const unavailable = (reason: string) => new LogUnavailableError(reason);
    /** A handler of a dead process is over: the log does not wait for it. */
    const handled = async <Result>(work: () => Promise<Result> | undefined): Promise<Result | undefined> => {
      const handling = this.#awake().then(work);
      return Promise.race([handling, this.#died.promise]);
    };
    return {
      ...logStore,
      append: (...append) => this.request(() => logStore.append(...append), unavailable),
      consume: async (options) => {
        const consumer = await logStore.consume({
          ...options,
          onAssign: (assignment) => handled(() => options.onAssign?.(assignment)),
          onBatch: async (batch) => handled(() => options.onBatch(batch)),
          onRevoke: async (topic, partition) => handled(() => options.onRevoke?.(topic, partition)),
        });
        this.#leave = () => consumer.stop();
        return {
          ...consumer,
          done: consumer.done,
          stop: () => consumer.stop(),
          pause: (topic, partition) => consumer.pause(topic, partition),
          resume: (topic, partition) => consumer.resume(topic, partition),
          commit: (...commit) => this.request(() => consumer.commit(...commit), unavailable),
        };
      },
    };
  }
}
