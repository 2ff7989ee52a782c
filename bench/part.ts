import type { Figure } from './figures.ts';
import { createLoadTenant } from './load/world.ts';
import { type ApiClient, createApiClient } from './support/client.ts';
import { openPipeline, type RunningPipeline } from './support/running-pipeline.ts';
import { waitUntil } from './support/wait.ts';

export interface PartOptions {
  /** How long a load lasts. */
  seconds: number;
  /** Numbers of stored events to ask at, ascending. */
  sizes: readonly number[];
  /** Receives what is worth reading as it comes. */
  print(text: string): void;
}

/** One part of the benchmarks: measures and resolves to its figures. */
export type Part = (options: PartOptions) => Promise<Figure[]>;

/** A pipeline with the tenant of a load. */
export interface Workbench extends AsyncDisposable {
  pipeline: RunningPipeline;
  admin: ApiClient;
  orgCode: string;
  ingestKey: string;
}

const drainWithinMs = 600_000;
const drainCheckMs = 100;

export async function openWorkbench(): Promise<Workbench> {
  return equip(await openPipeline());
}

/** Creates the tenant of a load on a pipeline, which then belongs to the workbench. */
export async function equip(pipeline: RunningPipeline): Promise<Workbench> {
  const admin = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const orgCode = `LOAD${Date.now().toString(36).toUpperCase()}`;
  const ingestKey = await createLoadTenant(admin, orgCode);
  return { pipeline, admin, orgCode, ingestKey, [Symbol.asyncDispose]: () => pipeline.stop() };
}

/** Number of events of the tenant that can be asked for. */
export async function countQueryable({ admin, orgCode }: Workbench): Promise<number> {
  const { meta } = await admin.get<{ meta: { totalCount: number } }>('/api/v1/events', { orgCode, pageSize: 1 });
  return meta.totalCount;
}

/** Waits until exactly this many events can be asked for; throws when there are more, or after ten minutes. */
export async function waitUntilQueryable(workbench: Workbench, expected: number): Promise<void> {
  let count = 0;
  const isMet = async () => {
    count = await countQueryable(workbench);
    return count >= expected;
  };
  await waitUntil({ what: `${expected} queryable events`, withinMs: drainWithinMs, everyMs: drainCheckMs }, isMet);
  if (count !== expected) throw new Error(`${expected} events were accepted, but ${count} can be asked for`);
}
