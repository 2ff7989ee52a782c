import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, ApiFailure } from '../../../bench/support/client.ts';

/** Changes of the control plane, made one after the other all the time. */
export interface ControlCalls {
  /** Codes of the capabilities whose creation was acknowledged. */
  created: ReadonlySet<string>;
  /** Calls that failed, as they may while the database is away. */
  failures(): number;
  /** Of those that were acknowledged, the ones that are no longer there. */
  findLost(): Promise<string[]>;
  /** Resolves when the last call has ended. */
  stop(): Promise<void>;
}

const pauseMs = 50;

/** Creates one capability after the other in an organization; a creation that fails is not repeated. */
export function startControlCalls(admin: ApiClient, orgCode: string): ControlCalls {
  const created = new Set<string>();
  const state = { isOver: false, failures: 0 };
  const calling = (async () => {
    for (let number = 0; !state.isOver; number++) {
      const code = `C${number}`;
      await admin.post('/api/v1/capabilities', { orgCode, code, name: code }).then(
        () => created.add(code),
        (error: unknown) => {
          if (error instanceof ApiFailure && error.status < 500) throw error;
          state.failures += 1;
        },
      );
      await delay(pauseMs);
    }
  })();
  calling.catch(() => undefined); // Seen through `stop`.
  return {
    created,
    failures: () => state.failures,
    async findLost() {
      const { data } = await admin.get<{ data: { code: string }[] }>('/api/v1/capabilities', { orgCode });
      const there = new Set(data.map(({ code }) => code));
      return [...created].filter((code) => !there.has(code));
    },
    async stop() {
      state.isOver = true;
      await calling;
    },
  };
}
