import { hash32 } from '../analytics/hash.ts';

const seeds = [0x414e_4f4d, 0x2545_f491, 0x9e37_79b9];
const digitsPerHash = 8;

/** What names an anomaly: the series, the partition of the log it comes from, what found it, and when it began (ms since the epoch). */
export interface AnomalyName {
  tenant: string;
  partition: number;
  subjectKind: string;
  subject: string;
  metric: string;
  kind: string;
  startsAt: number;
}

/** `anom-` and 24 hexadecimal digits, the same in every process; like those of alerts. */
export function anomalyIdOf({ tenant, partition, subjectKind, subject, metric, kind, startsAt }: AnomalyName): string {
  const name = [tenant, partition, subjectKind, subject, metric, kind, startsAt].join('\0');
  return `anom-${seeds.map((seed) => hash32(name, seed).toString(16).padStart(digitsPerHash, '0')).join('')}`;
}
