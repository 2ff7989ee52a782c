import type { MaintenancePeriod, SloDefinition, TenantSettings } from '../../schemas/control/control-record.ts';
import { excludedSpans } from '../../schemas/slo/exclusions.ts';
import type { Span } from '../../schemas/spans.ts';
import { seriesName } from '../analytics/series.ts';

/** What a tenant has set, by what it is about. */
export interface SettingsIndex {
  slosOf(series: string): readonly SloDefinition[];
  /** Minutes that maintenance takes out of the SLOs of a subject, in order and disjoint. */
  excludedOf(subject: string): readonly Span[];
  /** Id of the maintenance that mutes alerts about the subject, the one in force for longest; empty: none does. */
  mutingOf(subject: string, at: number): string;
}

/** Follows from the settings alone, so it is kept with them. */
const indexes = new WeakMap<TenantSettings, SettingsIndex>();

export function indexOf(settings: TenantSettings): SettingsIndex {
  const known = indexes.get(settings);
  if (known !== undefined) return known;
  const index = createIndex(settings);
  indexes.set(settings, index);
  return index;
}

function createIndex({ slos, maintenance }: TenantSettings): SettingsIndex {
  const bySeries = Map.groupBy(slos, seriesName);
  const excluded = new Map<string, Span[]>();
  const muting = maintenance.filter(({ suppressAlerts }) => suppressAlerts).sort((a, b) => a.from - b.from);
  return {
    slosOf: (series) => bySeries.get(series) ?? none,
    excludedOf(subject) {
      const known = excluded.get(subject) ?? excludedSpans(maintenance, subject);
      excluded.set(subject, known);
      return known;
    },
    mutingOf: (subject, at) => muting.find((period) => isAbout(period, subject, at))?.id ?? '',
  };
}

const none: readonly SloDefinition[] = [];

const isAbout = ({ subjects, from, to }: MaintenancePeriod, subject: string, at: number): boolean =>
  from <= at && at < to && subjects.includes(subject);
