import type { Measurement } from '../processor.ts';

export type SeriesNames = Pick<Measurement, 'subjectKind' | 'subject' | 'metric'>;

const separator = '\0';

/** A series of a tenant by one name. */
export const seriesName = ({ subjectKind, subject, metric }: SeriesNames): string =>
  `${subjectKind}${separator}${subject}${separator}${metric}`;

/** The names a series name was made of. */
export function namesOf(series: string): SeriesNames {
  const [kind, subject = '', metric = ''] = series.split(separator);
  return { subjectKind: kind === 'service' ? 'service' : 'capability', subject, metric };
}
