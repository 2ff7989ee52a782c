import { afterAll, beforeAll } from 'vitest';
import { createPostgresSnapshots } from '../../../processors/snapshots/postgres-snapshots.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { describeSnapshotStore } from './contract.ts';

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.close());

describeSnapshotStore(() => createPostgresSnapshots(plane.sql));
