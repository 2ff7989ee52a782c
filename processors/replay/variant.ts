import { PRESENT_POLICIES } from '../../platform/detection/alert-policy.ts';
import type { LogRecord } from '../../platform/log-store/log-store.ts';
import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { PartitionFold } from '../analytics/partition-fold.ts';
import { statefulProcessors } from '../analytics/registry.ts';
import type { RowStore } from '../analytics/row-store.ts';
import type { AnySource } from '../analytics/sources.ts';
import type { AnyStatefulProcessor } from '../analytics/stateful-processor.ts';
import { Tenants } from '../analytics/tenants.ts';
import { createAnomalies } from '../anomalies/anomalies.ts';
import { createFold, type PositionedBatch } from '../fold.ts';
import { processors } from '../registry.ts';
import { isControl } from '../streams/control.ts';
import type { PositionedRecord, StreamBatch } from '../streams/stream.ts';
import { type Overrides, overrideBatch, overrideControl, type SlaDimensionOf } from './overrides.ts';

export interface VariantOptions {
  rows: RowStore;
  overrides: Overrides;
  dimensionOf: SlaDimensionOf;
  /** Only this one; undefined: all. */
  tenant: string | undefined;
}

const maxRows = 50_000;

/** What processors make of one partition, under some overrides: rows, as the pipeline stores them. What they would say to others is not said. */
export class PartitionVariant {
  readonly #options: VariantOptions;
  readonly #source: AnySource;
  readonly #partition: number;
  readonly #stateful: PartitionFold;
  readonly #archive = createFold(processors);
  readonly #seen = new Tenants();

  constructor(options: VariantOptions, source: AnySource, partition: number) {
    this.#options = options;
    this.#source = source;
    this.#partition = partition;
    this.#stateful = new PartitionFold(partition, processorsUnder(options.overrides), source);
  }

  async onRecords(records: readonly LogRecord[]): Promise<void> {
    const archived: PositionedBatch[] = [];
    for (const { offset, value } of records) {
      const batch = this.#source.decode(value);
      // What cannot be read was set aside by the archive.
      if (typeof batch === 'string' || this.#isForeign(batch)) continue;
      const positioned = { offset, batch: this.#override(batch) };
      this.#stateful.onBatch(positioned);
      if (isEvents(this.#source, positioned)) archived.push(positioned);
      if (this.#stateful.rows >= maxRows) await this.#store(offset);
    }
    await this.#archiveAll(archived);
    await this.#store(records.at(-1)?.offset ?? 0);
  }

  /** Records of control about all tenants are nobody's. */
  #isForeign({ tenant }: StreamBatch): boolean {
    return this.#options.tenant !== undefined && tenant !== '' && tenant !== this.#options.tenant;
  }

  #override(batch: StreamBatch): StreamBatch {
    const { overrides, dimensionOf } = this.#options;
    if (isControl(batch)) return Object.assign({}, batch, { control: overrideControl(batch.control, overrides) });
    return this.#source.topic === TOPICS.events ? overrideBatch(batch as EventBatch, overrides, dimensionOf) : batch;
  }

  async #archiveAll(batches: readonly PositionedBatch[]): Promise<void> {
    const [first] = batches;
    if (first === undefined) return;
    const repeated = new Map(batches.map(({ offset, batch }) => [offset, this.#seen.takeRepeated(batch)]));
    const blocks = this.#archive({
      partition: this.#partition,
      batches,
      isKept: ({ offset, index }) => repeated.get(offset)?.has(index) !== true,
    });
    await this.#options.rows.store({ blocks, token: `${this.#name}:events:${first.offset}` });
  }

  async #store(offset: number): Promise<void> {
    this.#stateful.takeRecords();
    const blocks = this.#stateful.takeBlocks();
    if (blocks.length > 0) await this.#options.rows.store({ blocks, token: `${this.#name}:${offset}` });
  }

  get #name(): string {
    return `${this.#source.topic}:${this.#partition}`;
  }
}

function isEvents({ topic }: AnySource, record: PositionedRecord<StreamBatch>): record is PositionedBatch {
  return topic === TOPICS.events && !isControl(record.batch);
}

function processorsUnder({ anomalyThreshold: threshold }: Overrides): readonly AnyStatefulProcessor[] {
  if (threshold === undefined) return statefulProcessors;
  const { long, short } = PRESENT_POLICIES;
  const anomalies = createAnomalies({ policies: { long: { ...long, threshold }, short: { ...short, threshold } } });
  return statefulProcessors.map((processor) => (processor.name === anomalies.name ? anomalies : processor));
}
