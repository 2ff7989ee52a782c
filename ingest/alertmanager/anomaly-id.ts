import { createHash } from 'node:crypto';

const ID_DIGITS = 24;

/** Id of the anomaly that an episode of an alert is: the same for the same tenant, fingerprint and start, in every process. */
export function anomalyId(tenant: string, fingerprint: string, startsAt: number): string {
  const digest = createHash('sha256').update(`${tenant}\n${fingerprint}\n${startsAt}`).digest('hex');
  return `anom-${digest.slice(0, ID_DIGITS)}`;
}
