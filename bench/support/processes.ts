import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessUsage {
  pid: number;
  /** What it runs: the tier or the engine. */
  name: string;
  /** User and system time since it started. */
  cpuMs: number;
  rssMiB: number;
  /** Resident memory with shared pages divided among their users; undefined where the system does not tell. */
  pssMiB: number | undefined;
}

// USER_HZ is 100 on every Linux that Node runs on.
const tickMs = 10;
const machineFields = { idle: 3, ioWait: 4, steal: 7 };
const statFields = { parent: 1, userTicks: 11, systemTicks: 12 };

/** Usage of a process and all its descendants, read from /proc (Linux only; elsewhere empty), parents before children. */
export function readProcessTree(rootPid: number): ProcessUsage[] {
  const parents = readParents();
  const tree = [rootPid];
  for (const pid of tree) tree.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child));
  return tree.flatMap((pid) => readUsage(pid) ?? []);
}

/** CPU time all programs of the machine together have used since it started, hypervisor's share included; 0 where there is no /proc. */
export function readMachineCpuMs(): number {
  const [total = ''] = (readText('/proc/stat') ?? '').split('\n');
  const ticks = total.split(/ +/).slice(1).map(Number);
  const idle = (ticks[machineFields.idle] ?? 0) + (ticks[machineFields.ioWait] ?? 0);
  return (ticks.slice(0, machineFields.steal + 1).reduce((sum, value) => sum + value, 0) - idle) * tickMs;
}

function readParents(): Map<number, number> {
  const pids = readDirectory('/proc').map(Number).filter(Number.isInteger);
  const pairs = pids.map((pid): [number, number] => [pid, Number(readStat(pid)?.[statFields.parent])]);
  return new Map(pairs);
}

function readUsage(pid: number): ProcessUsage | undefined {
  const stat = readStat(pid);
  if (stat === undefined) return undefined;
  const ticks = Number(stat[statFields.userTicks]) + Number(stat[statFields.systemTicks]);
  const rssMiB = readKiB(`/proc/${pid}/status`, 'VmRSS') ?? 0;
  const pssMiB = readKiB(`/proc/${pid}/smaps_rollup`, 'Pss');
  return {
    pid,
    name: nameOf(pid),
    cpuMs: ticks * tickMs,
    rssMiB: rssMiB / 1_024,
    pssMiB: pssMiB === undefined ? undefined : pssMiB / 1_024,
  };
}

// The command name may hold spaces and brackets, so fields are counted from the last closing bracket.
function readStat(pid: number): string[] | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text === undefined ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function nameOf(pid: number): string {
  const command = (readText(`/proc/${pid}/cmdline`) ?? '').split('\u0000');
  const script = command.find((part) => /\.(ts|sh)$/.test(part));
  if (script === undefined) return (command[0] ?? '').split('/').at(-1)?.split(' ')[0] ?? '';
  const path = script.split('/').slice(-2).join('/');
  return path.replace(/\.(ts|sh)$/, '');
}

function readKiB(path: string, field: string): number | undefined {
  const text = readText(path);
  const value = text === undefined ? undefined : new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

// A process may end between being listed and being read, and /proc may not exist: both mean "nothing known".
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function readDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
