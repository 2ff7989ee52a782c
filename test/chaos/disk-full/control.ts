import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, ApiFailure } from '../../../bench/support/client.ts';

/** Changes of the control plane, one after the other. */
export interface ControlWrites {
  /** Codes of the capabilities whose creation was acknowledged. */
  created: ReadonlySet<string>;
  /** Answers other than success, by status (0: none came). */
  refused: Readonly<Record<string, number>>;
  stop(): Promise<void>;
  /** How many of the acknowledged changes are not there. */
  findForgotten(): Promise<number>;
}

const pauseMs = 50;

/** Creates one capability after the other until it is stopped. */
export function startControlWrites(admin: ApiClient, orgCode: string): ControlWrites {
  const created = new Set<string>();
  const refused: Record<string, number> = {};
  const life = { isOver: false };
  const writing = (async () => {
    for (let number = 0; !life.isOver; number++) {
      const code = `C${number}`;
      const status = await admin.post('/api/v1/capabilities', { orgCode, code, name: code }).then(
        () => 201,
        (error: unknown) => (error instanceof ApiFailure ? error.status : 0),
      );
      if (status === 201) created.add(code);
      else refused[status] = (refused[status] ?? 0) + 1;
      await delay(pauseMs);
    }
  })();
  return {
    created,
    refused,
    async stop() {
      life.isOver = true;
      await writing;
    },
    async findForgotten() {
      const { data } = await admin.get<{ data: { code: string }[] }>('/api/v1/capabilities', { orgCode });
      const there = new Set(data.map(({ code }) => code));
      return [...created].filter((code) => !there.has(code)).length;
    },
  };
}
