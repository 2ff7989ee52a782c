import type { Signal } from '../../schemas/signals/signal-batch.ts';
import type { DerivedEvent } from '../analytics/stateful-processor.ts';
import { expiresAtSeconds } from '../archive.ts';
import {
  BoolColumn,
  DateTime64Column,
  DateTimeColumn,
  Float64Column,
  NullableFloat64Column,
  StringColumn,
  UInt16Column,
  UInt64Column,
} from '../native/columns.ts';
import { EnumColumn } from '../native/enum-column.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { ArrayColumn } from '../native/nested-columns.ts';
import type { RowColumns } from '../processor.ts';
import { activeBetween } from './active-time.ts';
import { CASE_RISKS, CASE_STATUSES, type Standing, stageMs } from './assess.ts';
import type { CaseRules } from './case-rules.ts';
import type { CaseState } from './case-state.ts';
import { LATEST_INSTANT } from './instants.ts';

/** A case as it stands, and at most one thing that follows from it: more of them are more rows. */
export interface CaseRow {
  state: CaseState;
  standing: Standing;
  rules: CaseRules;
  revision: number;
  /** What time it was. */
  clock: number;
  signal?: Signal;
  event?: DerivedEvent;
}

export function createCaseColumns(): RowColumns<CaseRow> {
  const names = createNameColumns();
  const times = createTimeColumns();
  const stages = createStageColumns();
  const columns = { ...names.columns, ...times.columns, ...stages.columns };
  const push = (row: CaseRow): void => {
    names.push(row);
    times.push(row);
    stages.push(row);
  };
  return { columns, push };
}

function createNameColumns(): RowColumns<CaseRow> {
  const columns = {
    tenant: new LowCardinalityColumn(),
    capability: new LowCardinalityColumn(),
    correlation_id: new StringColumn(),
    log_partition: new UInt16Column(),
    episode: new UInt64Column(),
    revision: new UInt64Column(),
    status: new EnumColumn(CASE_STATUSES),
    risk: new EnumColumn(CASE_RISKS),
    is_stuck: new BoolColumn(),
    milestone: new LowCardinalityColumn(),
  };
  const push = ({ state, standing, revision }: CaseRow): void => {
    columns.tenant.push(state.tenant);
    columns.capability.push(state.capability);
    columns.correlation_id.push(state.correlationId);
    columns.log_partition.push(state.partition);
    columns.episode.push(state.episode);
    columns.revision.push(revision);
    columns.status.push(standing.status);
    columns.risk.push(standing.risk);
    columns.is_stuck.push(standing.stuckSince !== undefined);
    columns.milestone.push(state.milestones[standing.last]?.name ?? '');
  };
  return { columns, push };
}

function createTimeColumns(): RowColumns<CaseRow> {
  const columns = {
    opened_at: new DateTime64Column(),
    last_at: new DateTime64Column(),
    closed_at: new DateTime64Column(),
    target_ms: new NullableFloat64Column(),
    due_at: new DateTime64Column(),
    stage_due_at: new DateTime64Column(),
    active_ms: new Float64Column(),
    told_at: new DateTime64Column(),
    expires_at: new DateTimeColumn(),
  };
  const push = ({ state, standing, rules, clock }: CaseRow): void => {
    const { openedAt, closedAt, targetMs, dueAt, stageDueAt } = standing;
    const newestAt = state.milestones.at(-1)?.at ?? openedAt;
    const lastAt = state.milestones[standing.last]?.at ?? openedAt;
    columns.opened_at.push(openedAt);
    columns.last_at.push(lastAt);
    columns.closed_at.push(instantOf(closedAt));
    columns.target_ms.push(targetMs ?? null);
    columns.due_at.push(instantOf(dueAt));
    columns.stage_due_at.push(instantOf(stageDueAt));
    columns.active_ms.push(activeBetween(openedAt, lastAt, rules.pauses));
    columns.told_at.push(Math.max(clock, 0));
    columns.expires_at.push(expiresAtSeconds(newestAt, state.retentionDays));
  };
  return { columns, push };
}

/** 0: none, or so late that the tables cannot hold it, as in a maintenance nobody has ended yet. */
const instantOf = (at: number | undefined): number => (at === undefined || at > LATEST_INSTANT ? 0 : at);

function createStageColumns(): RowColumns<CaseRow> {
  const columns = {
    milestone_count: new UInt64Column(),
    stage_count: new UInt16Column(),
    milestones: new ArrayColumn(new LowCardinalityColumn()),
    milestone_ats: new ArrayColumn(new DateTime64Column()),
    stage_ms: new ArrayColumn(new Float64Column()),
  };
  const push = ({ state, standing, rules }: CaseRow): void => {
    const { milestones, skipped } = state;
    columns.milestone_count.push(milestones.length + skipped);
    columns.stage_count.push(standing.last);
    columns.milestones.push(milestones.map(({ name }) => name));
    columns.milestone_ats.push(milestones.map(({ at }) => at));
    columns.stage_ms.push(milestones.map((_, to) => (to === 0 ? 0 : stageMs(milestones, to, rules.pauses))));
  };
  return { columns, push };
}
