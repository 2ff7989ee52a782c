/** The sliding windows. All times here are whole minutes since the epoch: a window that ends at `end` holds the minutes before it. */
export interface Window {
  name: '5m' | '1h' | '24h';
  /** Its panes: minutes, or hours for the long one, which then begins at a full hour (24 hours and up to 59 minutes long). */
  panes: 'minutes' | 'hours';
  minutes: number;
}

export const WINDOWS: readonly Window[] = [
  { name: '5m', panes: 'minutes', minutes: 5 },
  { name: '1h', panes: 'minutes', minutes: 60 },
  { name: '24h', panes: 'hours', minutes: 1_440 },
];

export const MINUTE_MS = 60_000;
export const HOUR_MINUTES = 60;
const longestFine = Math.max(...WINDOWS.map(({ panes, minutes }) => (panes === 'minutes' ? minutes : 0)));
const longestCoarse = Math.max(...WINDOWS.map(({ panes, minutes }) => (panes === 'hours' ? minutes : 0)));

export const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS);
export const hourOf = (minute: number): number => Math.floor(minute / HOUR_MINUTES);

/** The first minute of the window that ends there. */
export function startOf({ panes, minutes }: Window, end: number): number {
  return panes === 'minutes' ? end - minutes : hourOf(end - minutes) * HOUR_MINUTES;
}

/** Number of the first pane of the window that ends there. */
export function firstPaneOf({ panes, minutes }: Window, end: number): number {
  return panes === 'minutes' ? end - minutes : hourOf(end - minutes);
}

/** The first end at which a pane is no longer in the window. */
export function endWithout({ panes, minutes }: Window, pane: number): number {
  return panes === 'minutes' ? pane + minutes + 1 : (pane + 1) * HOUR_MINUTES + minutes;
}

/** What is needed when windows that ended up to `grace` minutes before `closed` are to be told again: the first minute pane. */
export const firstMinuteNeeded = (closed: number, grace: number): number => closed - grace - longestFine;

/** The first hour pane needed for the same. */
export const firstHourNeeded = (closed: number, grace: number): number => hourOf(closed - grace - longestCoarse);
