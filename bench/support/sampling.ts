import { type ProcessUsage, readMachineCpuMs, readProcessTree } from './processes.ts';
import { formatTable } from './table.ts';

export interface CpuSample {
  name: string;
  cpuMs: number;
  /** CPU time over elapsed time: 1 is one core busy all the time. */
  cores: number;
}

export interface CpuMeter {
  /** What every process has used since the start, busiest first, and last {@link everythingElse} of the machine. */
  read(): CpuSample[];
}

/** The load generator, and whatever else competes for the cores: what it takes, the measured processes did not get. */
export const everythingElse = 'everything else here';

/** Starts to measure what a process and its descendants use; those that end or begin in between are left out. */
export function startCpuMeter(rootPid: number): CpuMeter {
  const before = new Map(readProcessTree(rootPid).map((usage) => [usage.pid, usage]));
  const machineBefore = readMachineCpuMs();
  const startedAt = performance.now();
  return {
    read() {
      const elapsedMs = performance.now() - startedAt;
      const samples = readProcessTree(rootPid)
        .flatMap((usage) => toSample(usage, before.get(usage.pid), elapsedMs))
        .sort((a, b) => b.cpuMs - a.cpuMs);
      const restMs = readMachineCpuMs() - machineBefore - samples.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
      return [...samples, { name: everythingElse, cpuMs: Math.max(0, restMs), cores: Math.max(0, restMs) / elapsedMs }];
    },
  };
}

/** CPU time of the processes whose name begins so. */
export function cpuMsOf(samples: readonly CpuSample[], name: string): number {
  return samples.filter((sample) => sample.name.startsWith(name)).reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

/** Who used the processor while events were worked on, as a table. */
export function formatCpu(samples: readonly CpuSample[], events: number): string {
  const rows = samples
    .filter(({ cpuMs }) => cpuMs > 0)
    .map(({ name, cores, cpuMs }) => [name, cores, (cpuMs * 1_000) / events]);
  return formatTable(['process', 'cores busy', 'CPU us/event'], rows);
}

function toSample(usage: ProcessUsage, before: ProcessUsage | undefined, elapsedMs: number): CpuSample[] {
  if (before === undefined) return [];
  const cpuMs = usage.cpuMs - before.cpuMs;
  return [{ name: usage.name, cpuMs, cores: cpuMs / elapsedMs }];
}
