import type { Measurement } from '../processor.ts';

export type SeriesNames = Pick<Measurement, 'subjectKind' | 'subject' | 'metric'>;

/** A series in a partition of the log: one object for all processors, because there are many. */
export interface Series extends Readonly<SeriesNames> {
  readonly tenant: string;
  /** As of {@link seriesName}. */
  readonly name: string;
  readonly partition: number;
}

const separator = '\0';

/** A series of a tenant by one name. */
export const seriesName = ({ subjectKind, subject, metric }: SeriesNames): string =>
  `${subjectKind}${separator}${subject}${separator}${metric}`;

/** The series that a measurement belongs to. */
export function seriesOf({ tenant, subjectKind, subject, metric, partition }: Omit<Series, 'name'>): Series {
  const names = { subjectKind, subject, metric };
  return { tenant, ...names, partition, name: seriesName(names) };
}

/** The names a series name was made of. */
export function namesOf(series: string): SeriesNames {
  const [kind, subject = '', metric = ''] = series.split(separator);
  return { subjectKind: kind === 'service' ? 'service' : 'capability', subject, metric };
}
