import type { AlertPolicies } from './alert-policy.ts';
import { closeMinute, type Look, MINUTE_MS } from './close-minute.ts';
import type { Episode } from './episode.ts';
import { createWatch, type Point, type SeriesWatch } from './series-watch.ts';
import { checkSilence, endSilence } from './silence.ts';

/** A series of the past on its way through the code that watches it. */
export interface Refold {
  /** Takes the next minute with data; in order. */
  take(point: Point): void;
  /** Time has come this far (ms), and nothing else has. */
  passTo(at: number): void;
  /** Each anomaly as it was told last, in the order of their starts. */
  anomalies(): Episode[];
}

/** Watches minutes of the past by other policies, as if each had come when it was over; without maintenance. */
export function createRefold(policies: AlertPolicies, of: Pick<Look, 'isCounted' | 'mayStop'>): Refold {
  const watch = createWatch();
  const last = new Map<string, Episode>();
  const told: Episode[] = [];
  const look: Look = {
    terms: { policies, detectedAt: 0, mutedBy: '', told },
    ...of,
    clock: Number.POSITIVE_INFINITY,
    mutingAt: () => '',
  };
  const note = (): void => {
    for (const episode of told.splice(0)) last.set(`${episode.kind} ${episode.startsAt}`, episode);
  };
  return {
    take(point) {
      beSilent(watch, point.at, look);
      endSilence(watch, point.at, look.terms);
      closeMinute(watch, point, look);
      note();
    },
    passTo(at) {
      beSilent(watch, at, look);
      note();
    },
    anomalies: () => [...last.values()].sort((a, b) => a.startsAt - b.startsAt),
  };
}

/** What a silence would have been told as while it lasted. */
function beSilent(watch: SeriesWatch, until: number, { terms }: Look): void {
  while (watch.silenceDueAt <= until) {
    const at = Math.ceil(watch.silenceDueAt / MINUTE_MS) * MINUTE_MS;
    if (at > until) return;
    terms.detectedAt = at;
    checkSilence(watch, at, terms);
  }
}
