import { postEvents, type WireEvent } from '../support/events.ts';
import { waitUntil } from '../support/wait.ts';
import { type Check, checkEqual, checkRow, type MetricRow } from './checks.ts';
import type { Case } from './event-log.ts';
import { type ReceiptEvent, summarize } from './facts.ts';
import type { ReceiptOptions } from './receipt.ts';

const capability = 'PERMIT';
const retentionDays = 36_500;
const visibleWithinMs = 60_000;
const hourMs = 3_600_000;
/** A stage is told as a measurement when the log has come so far beyond its end. */
const settleMs = 60_000;
const endMilestone = 'End';

interface Milestone {
  id: string;
  name: string;
  at: number;
  deadlineAt: number;
}

interface Counts {
  open: number;
  closed: number;
  abandoned: number;
  closedLate: number;
}

/**
 * Sends the cases as milestones of a new tenant, in the order of time as a live process would, and compares what became of them: the outcome of
 * each by its own deadline, and the durations of stages and whole cases. A finished case has its end as one more milestone, at its end date.
 */
export async function runCases({ api, cases, orgCode, onProgress = () => {} }: ReceiptOptions): Promise<Check[]> {
  const byCase = cases.map(milestonesOf);
  const milestones = byCase.flat().sort((a, b) => a.at - b.at);
  await api.post('/api/v1/organizations', { code: orgCode, name: 'Permits', dataRetentionDays: retentionDays });
  await api.post('/api/v1/capabilities', { orgCode, code: capability, name: 'Permit applications' });
  const flow = { orgCode, endMilestones: [endMilestone], deadlineDimension: 'deadline' };
  await api.put(`/api/v1/capabilities/${capability}/flow`, flow);
  await postEvents(
    api,
    milestones.map((milestone) => toWire(orgCode, milestone)),
    { concurrency: 1 },
  );
  onProgress(`${milestones.length} milestones accepted for tenant ${orgCode}`);
  const toldUntil = (milestones.at(-1)?.at ?? 0) - settleMs;
  const stages = stagesOf(byCase, toldUntil);
  const rowOf = async (metricType: string): Promise<MetricRow | undefined> => {
    const query = { orgCode, capability, metricType, from: '1990-01-01' };
    return (await api.get<{ data: MetricRow[] }>('/api/v1/metrics', query)).data[0];
  };
  const countsOf = async () =>
    (await api.get<{ meta: { counts: Counts } }>('/api/v1/cases', { orgCode, limit: 1 })).meta.counts;
  const finished = cases.filter(({ endAt }) => endAt !== undefined);
  await waitUntil({ what: 'the cases to be told', withinMs: visibleWithinMs }, async () => {
    const [counts, told] = await Promise.all([countsOf(), rowOf('StageDuration')]);
    return counts.closed >= finished.length && (told?.count ?? 0) >= stages.length;
  });
  const isLate = ({ endAt = 0, deadlineAt }: Case) => endAt > deadlineAt;
  const told = finished.filter(({ endAt = 0 }) => endAt <= toldUntil);
  const counts = await countsOf();
  const cycle = await rowOf('CaseCycleTime');
  return [
    checkEqual('cases: open', counts.open, cases.length - finished.length),
    checkEqual('cases: closed', counts.closed, finished.length),
    checkEqual('cases: closed late', counts.closedLate, finished.filter(isLate).length),
    checkEqual('cases: abandoned', counts.abandoned, 0),
    ...checkRow('stages of cases', await rowOf('StageDuration'), summarize(stages)),
    checkEqual('times of cases: count', cycle?.count, told.length),
    checkEqual(
      'times of cases: SLA met',
      Math.round((cycle?.slaCompliance ?? Number.NaN) * told.length),
      told.filter((one) => !isLate(one)).length,
    ),
  ];
}

function milestonesOf({ id, activities, endAt, deadlineAt }: Case): Milestone[] {
  const done = activities.map(({ name, at }) => ({ id, name, at, deadlineAt }));
  const all = endAt === undefined ? done : [...done, { id, name: endMilestone, at: endAt, deadlineAt }];
  return all.sort((a, b) => a.at - b.at);
}

/** Hours from each milestone to the next, up to the end of the case. */
function stagesOf(byCase: readonly Milestone[][], toldUntil: number): Pick<ReceiptEvent, 'value' | 'dimensions'>[] {
  return byCase.flatMap((milestones) => {
    const end = milestones.findIndex(({ name }) => name === endMilestone);
    const own = end < 0 ? milestones : milestones.slice(0, end + 1);
    return own
      .slice(1)
      .map(({ at }, index) => ({ at, value: (at - (own[index]?.at ?? at)) / hourMs, dimensions: {} }))
      .filter(({ at }) => at <= toldUntil);
  });
}

function toWire(orgCode: string, { id, name, at, deadlineAt }: Milestone): WireEvent {
  return {
    ...{ orgCode, capabilityCode: capability, metricType: 'Milestone', value: 1, correlationId: id },
    timestamp: new Date(at).toISOString(),
    dimensions: { milestone: name, deadline: new Date(deadlineAt).toISOString() },
  };
}
