import type { StateName } from '../analytics/stateful-processor.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { Measurement } from '../processor.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import type { NamedInstant } from './instants.ts';
import type { Milestone } from './milestones.ts';

export const CASE_SIGNALS = ['case_at_risk', 'case_breached', 'case_stuck'] as const;
export type CaseSignal = (typeof CASE_SIGNALS)[number];

/** What is known of one case. Times are milliseconds since the epoch. */
export interface CaseState {
  readonly tenant: string;
  readonly capability: string;
  readonly correlationId: string;
  /** Of the log: where the milestones come from. */
  readonly partition: number;
  /** Offset of the record that opened it. A case that goes on after it was forgotten is another one. */
  episode: number;
  retentionDays: number;
  /** Of the newest record. */
  receivedAt: number;
  readonly milestones: Milestone[];
  /** Milestones beyond those kept. */
  skipped: number;
  /** Of the settings it was assessed by. */
  settingsRevision: number;
  /** Nothing is to be said before the clock shows this; -Infinity: at the next minute. */
  nextAt: number;
  /** Of the row told last. */
  revision: number;
  /** What the row told last said that time alone can change; empty: no row tells of all milestones yet. */
  told: string;
  /** Its cycle time was told as a measurement. */
  isCycleTold: boolean;
  /** It was said to be breached. */
  wasBreached: boolean;
  /** Nothing is to come: it may be forgotten. Follows from the rest. */
  isOver: boolean;
  /** Signals that are open, and since when. */
  readonly signals: Map<CaseSignal, number>;
}

const separator = '\0';
const milestoneMetric = 'Milestone';
const milestoneDimension = 'milestone';

/** Undefined: the measurement is no milestone of a case. */
export function caseKey({ subjectKind, subject, metric, correlationId, dimensions }: Measurement): string | undefined {
  const isMilestone = metric === milestoneMetric && subjectKind === 'capability';
  if (!isMilestone || correlationId === '' || nameOf(dimensions) === '') return undefined;
  return subject + separator + correlationId;
}

export const nameOf = (dimensions: Measurement['dimensions']): string => dimensions[milestoneDimension] ?? '';
export const isUnrolled = ({ unrolled }: Measurement): boolean => unrolled.includes(milestoneDimension);

export function createCaseState({ tenant, key, partition }: StateName, episode: number): CaseState {
  const at = key.indexOf(separator);
  return {
    ...{ tenant, capability: key.slice(0, at), correlationId: key.slice(at + separator.length), partition, episode },
    ...{ retentionDays: 0, receivedAt: 0, milestones: [], skipped: 0, settingsRevision: 0 },
    ...{ nextAt: Number.NEGATIVE_INFINITY, revision: 0, told: '', isCycleTold: false, wasBreached: false },
    ...{ isOver: false, signals: new Map() },
  };
}

export function writeCaseState(state: CaseState, out: ByteBuffer): void {
  out.writeVaruint(state.episode);
  out.writeVaruint(state.retentionDays);
  out.writeInt64(state.receivedAt);
  out.writeVaruint(state.skipped);
  out.writeInt64(state.settingsRevision);
  out.writeFloat64(state.nextAt);
  out.writeVaruint(state.revision);
  out.writeString(state.told);
  out.writeUint8((state.isCycleTold ? 1 : 0) + (state.wasBreached ? 2 : 0));
  out.writeVaruint(state.signals.size);
  for (const [kind, since] of state.signals) {
    out.writeUint8(CASE_SIGNALS.indexOf(kind));
    out.writeInt64(since);
  }
  out.writeVaruint(state.milestones.length);
  for (const milestone of state.milestones) writeMilestone(milestone, out);
}

export function readCaseState(input: ByteReader, of: StateName): CaseState {
  const state = createCaseState(of, input.readVaruint());
  state.retentionDays = input.readVaruint();
  state.receivedAt = input.readInt64();
  state.skipped = input.readVaruint();
  state.settingsRevision = input.readInt64();
  state.nextAt = input.readFloat64();
  state.revision = input.readVaruint();
  state.told = input.readString();
  const flags = input.readUint8();
  state.isCycleTold = flags % 2 === 1;
  state.wasBreached = flags >= 2;
  for (let left = input.readVaruint(); left > 0; left--) {
    const kind = CASE_SIGNALS[input.readUint8()];
    const since = input.readInt64();
    if (kind !== undefined) state.signals.set(kind, since);
  }
  for (let left = input.readVaruint(); left > 0; left--) state.milestones.push(readMilestone(input));
  return state;
}

function writeMilestone(milestone: Milestone, out: ByteBuffer): void {
  const { name, at, offset, index, instants, isUnrolled: unrolled, isTold } = milestone;
  out.writeString(name);
  out.writeInt64(at);
  out.writeVaruint(offset);
  out.writeVaruint(index);
  out.writeUint8((unrolled ? 1 : 0) + (isTold ? 2 : 0));
  out.writeVaruint(instants.length);
  for (const instant of instants) {
    out.writeString(instant.name);
    out.writeInt64(instant.at);
  }
}

function readMilestone(input: ByteReader): Milestone {
  const place = { name: input.readString(), at: input.readInt64() };
  const position = { offset: input.readVaruint(), index: input.readVaruint() };
  const flags = input.readUint8();
  const instants: NamedInstant[] = [];
  for (let left = input.readVaruint(); left > 0; left--)
    instants.push({ name: input.readString(), at: input.readInt64() });
  return { ...place, ...position, instants, isUnrolled: flags % 2 === 1, isTold: flags >= 2 };
}
