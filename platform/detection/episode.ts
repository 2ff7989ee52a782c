import type { Verdict } from './detector.ts';
import type { DetectorState } from './detector-state.ts';
import type { EvidenceName } from './evidence.ts';
import { MEMORY_DAYS } from './season.ts';

export type EpisodeKind = 'statistical' | 'missing_data';

/** Why an anomaly is over. */
export const END_REASONS = [
  '',
  'withdrawn',
  'back_to_expected',
  'shift_learned',
  'data_came_back',
  'given_up',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** `silence`: nothing came. */
export const EPISODE_EVIDENCE: readonly (EvidenceName | 'silence')[] = [
  'season',
  'sustained',
  'roughness',
  'level',
  'residual',
  'difference',
  'silence',
];

/** Why a point is anomalous, and by what. Times are milliseconds since the epoch. */
export interface Finding {
  at: number;
  value: number;
  expected: number;
  /** What was expected, within {@link BAND_SIGMAS} standard deviations. */
  low: number;
  high: number;
  zScore: number;
  anomalyScore: number;
  /** That any evidence is this strong by chance, at most. */
  probability: number;
  evidence: EvidenceName | 'silence';
  /** Points learned before, and from when to when. */
  points: number;
  baselineFrom: number;
  baselineTo: number;
}

/** An anomaly from its start to its end. Told again, with a larger revision, whenever something of it changes. */
export interface Episode {
  kind: EpisodeKind;
  startsAt: number;
  /** 0: it goes on. */
  endsAt: number;
  detectedAt: number;
  revision: number;
  reason: EndReason;
  /** Maintenance that mutes it; empty: none. */
  mutedBy: string;
  /** Found in a minute that was not over. */
  isProvisional: boolean;
  finding: Finding;
}

/** On each side of what was expected. */
export const BAND_SIGMAS = 3;
const dayMs = 86_400_000;

/** What had been learned before a point. */
export interface Baseline {
  points: number;
  from: number;
  to: number;
}

export function baselineOf({
  points,
  firstAt,
  lastAt,
}: Pick<DetectorState, 'points' | 'firstAt' | 'lastAt'>): Baseline {
  return { points, from: Math.max(firstAt, lastAt - MEMORY_DAYS * dayMs), to: lastAt };
}

export function toFinding(
  { expected, sigma, zScore, anomalyScore, probability, evidence }: Verdict,
  { at, value }: { at: number; value: number },
  baseline: Baseline,
): Finding {
  const [low, high] = [expected - BAND_SIGMAS * sigma, expected + BAND_SIGMAS * sigma];
  const learned = { points: baseline.points, baselineFrom: baseline.from, baselineTo: baseline.to };
  return { at, value, expected, low, high, zScore, anomalyScore, probability, evidence, ...learned };
}

/** Ends an episode and tells so. */
export function endEpisode(episode: Episode, reason: EndReason, endsAt: number): Episode {
  episode.endsAt = Math.max(endsAt, episode.startsAt);
  episode.reason = reason;
  episode.isProvisional = false;
  return tell(episode);
}

/** The episode as it is now, under a new revision. */
export function tell(episode: Episode): Episode {
  episode.revision += 1;
  return { ...episode };
}
