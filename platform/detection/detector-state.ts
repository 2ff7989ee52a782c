export const HOURS = 24;
export const HOURS_OF_WEEK = 168;
/** Bins of the tail models, one for each stream of evidence: those of evidence that is bounded (sustained, roughness) need fewer. */
const tailBins = [64, 20, 20, 64, 64, 64] as const;
export const EVIDENCE_COUNT: number = tailBins.length;
/** Beside the bins: their sum, where the tail begins, how likely it is, how it falls off. */
const tailFigures = 4;

/** Offsets of the parts of `slots`. */
export const HOUR_MEANS = 0;
export const HOUR_VARIANCES: number = HOUR_MEANS + HOURS;
export const HOUR_COUNTS: number = HOUR_VARIANCES + HOURS;
export const WEEK_MEANS: number = HOUR_COUNTS + HOURS;
const tailsFrom: number = WEEK_MEANS + HOURS_OF_WEEK;

/** Where a tail model is in `slots`: its figures, then its bins. */
export interface TailPlace {
  at: number;
  bins: number;
}

export const TAILS: readonly TailPlace[] = tailBins.map((bins, index) => ({
  at: tailsFrom + tailBins.slice(0, index).reduce((sum, before) => sum + tailFigures + before, 0),
  bins,
}));
export const SLOT_COUNT: number = tailBins.reduce((sum, bins) => sum + tailFigures + bins, tailsFrom);

const initial = {
  /** Number of points seen. */
  points: 0,
  firstAt: 0,
  lastAt: 0,
  /** Between points, ms. */
  interval: 0,
  /** Mean and variance over days, whatever the hour. */
  level: 0,
  levelVariance: 0,
  previous: 0,
  /** Of the point before, from what was expected of it. */
  previousDeparture: 0,
  differenceVariance: 0,
  /** Mean of what the season left unexplained over the last few points, and the variance of what that leaves. */
  drift: 0,
  residualVariance: 0,
  /** Mean of the seasonal z-score over the last points. */
  sustained: 0,
  /** Mean of the size of steps over the last points, in standard deviations. */
  roughness: 0,
  /** Since when the value has been on one side of what was expected, and on which. */
  shiftedSince: 0,
  shiftSide: 0,
  /** Points since then, and how far they were from their hour of the day, on average. */
  shiftPoints: 0,
  shiftMean: 0,
  /** Number of points at which the tails are looked at again. */
  nextTails: 0,
};
type Scalars = { -readonly [Name in keyof typeof initial]: number };
/** In the order in which they are written down. */
export const SCALAR_NAMES = Object.keys(initial) as readonly (keyof Scalars)[];

/** What a detector knows of one series: numbers only, of constant size. */
export interface DetectorState extends Scalars {
  slots: Float32Array;
  /** Points seen per hour of the week, at most 255 each. */
  weekCounts: Uint8Array;
}

const initialState: DetectorState = { ...initial, slots: new Float32Array(0), weekCounts: new Uint8Array(0) };

/** Of the memory that a state is in, but for its scalars. */
export const STATE_BYTES: number = SLOT_COUNT * Float32Array.BYTES_PER_ELEMENT + HOURS_OF_WEEK;

/** Where there are {@link STATE_BYTES} zero bytes for a state. Whoever has many of them has them in one buffer. */
export interface StateMemory {
  buffer: ArrayBufferLike;
  /** A multiple of 4. */
  byteOffset: number;
}

/** The state before the first point; its tails are to be filled by the detector. */
export function createState(memory?: StateMemory): DetectorState {
  const { buffer, byteOffset } = memory ?? { buffer: new ArrayBuffer(STATE_BYTES), byteOffset: 0 };
  // A copy of an object has room for its own properties alone: with all of them there is no second piece of memory.
  const state = { ...initialState };
  state.slots = new Float32Array(buffer, byteOffset, SLOT_COUNT);
  state.weekCounts = new Uint8Array(buffer, byteOffset + state.slots.byteLength, HOURS_OF_WEEK);
  return state;
}
