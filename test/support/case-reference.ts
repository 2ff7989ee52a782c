import type { CaseFlow } from '../../schemas/control/control-record.ts';
import type { Step } from './cases.ts';
import type { NativeRow } from './native-reader.ts';

/** A case as it stands, by definition; instants 0 where there are none, like the table. */
export interface ExpectedCase {
  status: 'open' | 'closed' | 'abandoned';
  risk: 'none' | 'at_risk' | 'breached';
  isStuck: boolean;
  milestone: string;
  openedAt: number;
  lastAt: number;
  closedAt: number;
  targetMs: number | null;
  dueAt: number;
  stageDueAt: number;
  activeMs: number;
  stageCount: number;
  milestones: string[];
  milestoneAts: number[];
  stageMs: number[];
}

interface Pause {
  from: number;
  to: number;
}

export interface CaseQuestion {
  flow: CaseFlow;
  pauses?: readonly Pause[];
  clock: number;
}

/** Every case of the steps, which are in the order they came, as it stands when the clock shows that. Slow and plain. */
export function expectedCases(steps: readonly Step[], question: CaseQuestion): Map<string, ExpectedCase> {
  const byId = Map.groupBy(steps, ({ id }) => id);
  return new Map([...byId].map(([id, own]) => [id, expectCase(own, question)]));
}

function expectCase(own: readonly Step[], { flow, pauses = [], clock }: CaseQuestion): ExpectedCase {
  const steps = own.toSorted((a, b) => a.at - b.at);
  const active: Active = (from, to) => activeMs(from, to, flow.pausesInMaintenance ? pauses : []);
  const end = steps.findIndex(({ name }) => flow.endMilestones.includes(name));
  const isOpen = end < 0;
  const last = isOpen ? steps.length - 1 : end;
  const [first, { at: lastAt, name: milestone }] = [steps[0] ?? nothing, steps[last] ?? nothing];
  const openedAt = first.at;
  const targetMs = targetOf(steps, flow, openedAt);
  const stageMs = isOpen ? (flow.stageTargetsMs[milestone] ?? null) : null;
  const now = isOpen ? clock : lastAt;
  const terms = [
    { passedMs: active(openedAt, now), targetMs },
    { passedMs: active(lastAt, now), targetMs: stageMs },
  ];
  return {
    status: isOpen ? 'open' : 'closed',
    risk: riskOf(terms, isOpen),
    isStuck: isOpen && flow.stuckAfterMs !== null && active(lastAt, now) >= flow.stuckAfterMs,
    ...{ milestone, openedAt, lastAt, closedAt: isOpen ? 0 : lastAt, targetMs },
    ...{ dueAt: lastInstant(openedAt, targetMs, active), stageDueAt: lastInstant(lastAt, stageMs, active) },
    ...{ activeMs: active(openedAt, lastAt), stageCount: last, ...stagesOf(steps, active) },
  };
}

type Active = (from: number, to: number) => number;
const nothing = { at: 0, name: '' };

const stagesOf = (steps: readonly Step[], active: Active) => ({
  milestones: steps.map(({ name }) => name),
  milestoneAts: steps.map(({ at }) => at),
  stageMs: steps.map(({ at }, index) => active(steps[index - 1]?.at ?? at, at)),
});

interface Term {
  passedMs: number;
  targetMs: number | null;
}

function riskOf(terms: readonly Term[], isOpen: boolean): ExpectedCase['risk'] {
  if (terms.some(({ passedMs, targetMs }) => targetMs !== null && passedMs > targetMs)) return 'breached';
  const isAtRisk = terms.some(({ passedMs, targetMs }) => targetMs !== null && passedMs >= 0.8 * targetMs);
  return isOpen && isAtRisk ? 'at_risk' : 'none';
}

function targetOf(steps: readonly Step[], flow: CaseFlow, openedAt: number): number | null {
  const texts = steps
    .map(({ dimensions }) => dimensions?.[flow.deadlineDimension])
    .filter((text) => text !== undefined);
  const deadline = texts.at(-1);
  return deadline === undefined ? flow.targetMs : Date.parse(deadline) - openedAt;
}

/** Taken apart where any pause begins or ends; a piece counts when its middle is in none. */
function activeMs(from: number, to: number, pauses: readonly Pause[]): number {
  const cuts = pauses.flatMap((pause) => [pause.from, pause.to]).filter((at) => at > from && at < to);
  const ends = [from, ...cuts.sort((a, b) => a - b), to];
  let sum = 0;
  for (const [index, end] of ends.slice(1).entries()) {
    const start = ends[index] ?? from;
    const middle = (start + end) / 2;
    if (!pauses.some((pause) => pause.from <= middle && middle < pause.to)) sum += end - start;
  }
  return sum;
}

const latest = Date.UTC(2300, 0, 1);

/** The last instant at which no more than the target has passed, by halving; 0: none, or beyond what a table holds. */
function lastInstant(from: number, targetMs: number | null, active: Active): number {
  if (targetMs === null) return 0;
  if (targetMs < 0) return from + targetMs;
  let [low, high] = [from, latest];
  if (active(from, high) <= targetMs) return 0;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (active(from, middle) <= targetMs) low = middle;
    else high = middle;
  }
  return low;
}

const statuses = ['open', 'closed', 'abandoned'] as const;
const risks = ['none', 'at_risk', 'breached'] as const;

/** What a row of the table says of its case. */
export function toExpectedCase(row: NativeRow): ExpectedCase {
  return {
    status: statuses[Number(row.status) - 1] ?? 'open',
    risk: risks[Number(row.risk) - 1] ?? 'none',
    isStuck: row.is_stuck === true,
    milestone: String(row.milestone),
    openedAt: Number(row.opened_at),
    lastAt: Number(row.last_at),
    closedAt: Number(row.closed_at),
    targetMs: row.target_ms as number | null,
    dueAt: Number(row.due_at),
    stageDueAt: Number(row.stage_due_at),
    activeMs: Number(row.active_ms),
    stageCount: Number(row.stage_count),
    milestones: row.milestones as string[],
    milestoneAts: row.milestone_ats as number[],
    stageMs: row.stage_ms as number[],
  };
}

/** The table by correlation id. */
export const casesOf = (rows: readonly NativeRow[]): Map<string, ExpectedCase> =>
  new Map(rows.map((row) => [String(row.correlation_id), toExpectedCase(row)]));
