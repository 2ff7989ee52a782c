import { setTimeout as delay } from 'node:timers/promises';
import { startOwnKafka } from '../test/support/kafka-broker.ts';
import { measureSustained, type Sustained, warmUp } from './e2e.ts';
import type { Figure } from './figures.ts';
import { equip, type PartOptions, type Workbench } from './part.ts';
import { startPipeline, unattended } from './support/running-pipeline.ts';
import { startCpuMeter } from './support/sampling.ts';
import { formatTable } from './support/table.ts';

const goals = { ratio: 0.8, idleCpuPercent: 1 };
/** Loads of each log; they take turns, so that what else the machine does meets both. */
const turns = 3;
const settleMs = 5_000;
const idleMs = 20_000;

interface Log {
  name: string;
  workbench: Workbench;
  runs: Sustained[];
}

/** (e) The same pipeline on the embedded log and on Kafka (one broker, one copy), in turns: what Kafka costs, and what it costs idle. */
export async function benchKafka(options: PartOptions): Promise<Figure[]> {
  await using parts = new AsyncDisposableStack();
  const kafka = await startOwnKafka(1);
  parts.defer(() => kafka.stop());
  const onKafka = { KAFKA_BROKERS: kafka.brokers.join(','), KAFKA_REPLICATION_FACTOR: '1' };
  const logs: Log[] = [];
  for (const [name, env] of Object.entries({ embedded: {}, kafka: onKafka })) {
    const pipeline = parts.use(await startPipeline({ env: { ...unattended, ...env } }));
    logs.push({ name, workbench: await equip(pipeline), runs: [] });
  }
  for (const { workbench } of logs) await warmUp(workbench);
  for (let turn = 0; turn < turns; turn++) {
    for (const log of logs) log.runs.push(await measure(log, options));
  }
  options.print(formatRuns(logs));
  const idleCpuPercent = await measureIdle(logs.find(({ name }) => name === 'kafka'));
  return toFigures(logs, idleCpuPercent);
}

async function measure({ name, workbench }: Log, { print, ...options }: PartOptions): Promise<Sustained> {
  const ownPrint = (text: string) => print(`${name}\n${text}`);
  return measureSustained(workbench, { ...options, seconds: Math.max(1, options.seconds / turns), print: ownPrint });
}

/** What the processors take of a core while nothing comes, in percent. */
async function measureIdle(log: Log | undefined): Promise<number> {
  const pid = log?.workbench.pipeline.pid;
  if (pid === undefined) throw new Error('the pipeline on Kafka was not started here');
  await delay(settleMs);
  const meter = startCpuMeter(pid);
  await delay(idleMs);
  const processors = meter.read().find(({ name }) => name.startsWith('processors/main'));
  if (processors === undefined) throw new Error('the processors are not running');
  return processors.cores * 100;
}

const accepted = ({ runs }: Log): number =>
  perSecond(runs.map(({ load }) => ({ events: load.acceptedEvents, ms: load.elapsedMs })));
const queryable = ({ runs }: Log): number =>
  perSecond(runs.map(({ load, totalMs }) => ({ events: load.acceptedEvents, ms: totalMs })));

function perSecond(runs: readonly { events: number; ms: number }[]): number {
  const sum = (of: (run: { events: number; ms: number }) => number) => runs.reduce((total, run) => total + of(run), 0);
  return (sum(({ events }) => events) / sum(({ ms }) => ms)) * 1_000;
}

function formatRuns(logs: readonly Log[]): string {
  const rows = logs.flatMap((log) =>
    log.runs.map(({ load, queryablePerSecond }, turn): (string | number)[] => [
      `${log.name} ${turn + 1}`,
      (load.acceptedEvents / load.elapsedMs) * 1_000,
      queryablePerSecond,
      load.latencyMsP99,
    ]),
  );
  return formatTable(['log and turn', 'accepted/s', 'accepted to queryable/s', 'batch answered p99, ms'], rows);
}

function toFigures([embedded, kafka]: readonly Log[], idleCpuPercent: number): Figure[] {
  if (embedded === undefined || kafka === undefined) throw new Error('both logs are to be compared');
  const goal = { atLeast: goals.ratio };
  const rate = (name: string, value: number): Figure => ({ name, value, unit: 'events/s' });
  const ratio = (name: string, of: (log: Log) => number): Figure => {
    return { name, value: of(kafka) / of(embedded), unit: 'ratio', goal };
  };
  return [
    rate('kafka.embedded_accepted_per_second', accepted(embedded)),
    rate('kafka.accepted_per_second', accepted(kafka)),
    ratio('kafka.accepted_ratio', accepted),
    rate('kafka.embedded_queryable_per_second', queryable(embedded)),
    rate('kafka.queryable_per_second', queryable(kafka)),
    ratio('kafka.queryable_ratio', queryable),
    {
      name: 'kafka.processors_idle_cpu',
      value: idleCpuPercent,
      unit: '% of a core',
      goal: { atMost: goals.idleCpuPercent },
    },
  ];
}
