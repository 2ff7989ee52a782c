import { createMemorySnapshots } from '../../support/memory-snapshots.ts';
import { describeSnapshotStore } from './contract.ts';

describeSnapshotStore(createMemorySnapshots);
