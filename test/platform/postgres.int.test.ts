import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitUntil } from '../../bench/support/wait.ts';
import { closePostgres, createPostgres, isPostgresAway, type Sql } from '../../platform/postgres.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';

let plane: ControlPlane;
let other: Sql;

beforeAll(async () => {
  plane = await startControlPlane();
  other = createPostgres(plane.url, { max: 1 });
});

afterAll(async () => {
  await closePostgres(other);
  await plane.close();
});

it('rejects a statement on a connection that has ended, and ends no process', async () => {
  const sql = createPostgres(plane.url, { max: 1 });
  const held = await sql.reserve();
  const [backend] = await held<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
  await endBackend(backend?.pid ?? 0);
  const failure = await held`SELECT 1`.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(isPostgresAway(failure)).toBe(true);
  await closePostgres(sql);
});

it('lets go of connections nobody has used for a while, and opens new ones when asked', async () => {
  const sql = createPostgres(plane.url, { max: 3, applicationName: 'idle pool', idleTimeoutSeconds: 0.1 });
  const ask = () => Promise.all([1, 2, 3].map(() => sql`SELECT pg_sleep(0.01)`));
  const countOpen = async () => {
    const rows = await other`SELECT 1 FROM pg_stat_activity WHERE application_name = 'idle pool'`;
    return rows.length;
  };
  for (let round = 0; round < 3; round++) {
    await ask();
    await waitUntil({ what: 'the end of idle connections', withinMs: 5_000 }, async () => (await countOpen()) === 0);
  }
  await closePostgres(sql);
});

it('goes on with new connections after every one has ended in the middle of statements', async () => {
  const sql = createPostgres(plane.url, { max: 3 });
  for (let round = 0; round < 20; round++) {
    const asked = await Promise.allSettled(
      [1, 2, 3].map(() => sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid, pg_sleep(0.005)`),
    );
    const busy = Promise.allSettled(Array.from({ length: 9 }, () => sql`SELECT pg_sleep(0.01)`));
    const pids = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.map(({ pid }) => pid) : []));
    await Promise.all(pids.map(endBackend));
    await busy;
  }
  await waitUntil({ what: 'three good answers', withinMs: 10_000 }, async () => {
    const answers = await Promise.allSettled([1, 2, 3].map(() => sql`SELECT 1`));
    return answers.every(({ status }) => status === 'fulfilled');
  });
  await closePostgres(sql);
});

async function endBackend(pid: number): Promise<void> {
  await other`SELECT pg_terminate_backend(${pid}, 1000)`;
}
