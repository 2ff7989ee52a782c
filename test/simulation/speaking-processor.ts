import type { StatefulProcessor } from '../../processors/analytics/stateful-processor.ts';
import { UInt64Column } from '../../processors/native/columns.ts';
import { LowCardinalityColumn } from '../../processors/native/low-cardinality-column.ts';

interface Spoken {
  tenant: string;
  partition: number;
  count: number;
  told: number;
  clock: number;
  revision: number;
  receivedAt: number;
}

const metric = 'Spoken';

/** Says by rows, signals and derived events what it was told, of measurements, time and settings: to see that each comes through whatever happens. */
export const speakingProcessor: StatefulProcessor<Spoken, Spoken> = {
  name: 'speaking',
  version: 1,
  table: 'spoken',
  key: (measurement) => (measurement.metric === metric ? undefined : measurement.metric),
  init: ({ tenant, partition }) => ({ tenant, partition, count: 0, told: 0, clock: 0, revision: 0, receivedAt: 0 }),
  onMeasurement(state, { receivedAt }) {
    state.count += 1;
    state.receivedAt = receivedAt;
    return [];
  },
  onTime(state, { clock, settings }) {
    if (state.told === state.count && state.revision === settings.revision) return undefined;
    state.told = state.count;
    state.clock = clock;
    state.revision = settings.revision;
    return [{ ...state }];
  },
  toSignal: ({ tenant, partition, count, clock, revision }) => ({
    tenant,
    signal: {
      ...{ id: `spoken-${partition}-${count}`, kind: 'anomaly', status: 'open', revision: count },
      ...{ subjectKind: 'capability', subject: 'P2P', metric, startedAt: clock, at: clock, score: 0 },
      ...{ mutedBy: '', details: { settings: String(revision) } },
    },
  }),
  toEvent: ({ tenant, partition, count, clock, receivedAt, revision }) => ({
    ...{
      tenant,
      id: `evt_${partition}-${count}-${revision}-${clock}`,
      capability: 'P2P',
      metric,
      at: clock,
      value: count,
    },
    ...{ slaTarget: null, dimensions: {}, receivedAt, retentionDays: 30 },
  }),
  snapshot(state, out) {
    for (const value of [state.count, state.told, state.revision]) out.writeVaruint(value);
    for (const value of [state.clock, state.receivedAt, state.partition]) out.writeFloat64(value);
  },
  restore(input, { tenant }) {
    const [count, told, revision] = [input.readVaruint(), input.readVaruint(), input.readVaruint()];
    const [clock, receivedAt, partition] = [input.readFloat64(), input.readFloat64(), input.readFloat64()];
    return { tenant, partition, count, told, revision, clock, receivedAt };
  },
  createColumns() {
    const columns = { tenant: new LowCardinalityColumn(), count: new UInt64Column(), clock: new UInt64Column() };
    const push = ({ tenant, count, clock }: Spoken) => {
      columns.tenant.push(tenant);
      columns.count.push(count);
      columns.clock.push(clock);
    };
    return { columns, push };
  },
};
