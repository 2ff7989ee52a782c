/** Attributes as text: numbers in decimal, lists and maps as JSON, bytes in base64. */
export type Attributes = Record<string, string>;

/** What an attribute may be, as JSON would have it. */
export type PlainValue = string | number | boolean | null | PlainValue[] | { [name: string]: PlainValue };

/** A value as text; what is no text, number or boolean as JSON. */
export function asText(value: PlainValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What both encodings of a request are decoded to. Times are milliseconds since the epoch, 0: not given. */
export interface OtlpResource<Item> {
  attributes: Attributes;
  items: Item[];
}

export const TEMPORALITY = { unspecified: 0, delta: 1, cumulative: 2 } as const;

export interface OtlpMetric {
  name: string;
  unit: string;
  type: 'none' | 'gauge' | 'sum' | 'histogram' | 'exponential' | 'summary';
  /** See {@link TEMPORALITY}. */
  temporality: number;
  isMonotonic: boolean;
  numbers: NumberPoint[];
  histograms: HistogramData[];
  exponentials: ExponentialData[];
  summaries: SummaryData[];
}

export interface PointHead {
  attributes: Attributes;
  at: number;
  startAt: number;
  /** Bit 0: there was no value to record at this time. */
  flags: number;
}

export interface NumberPoint extends PointHead {
  /** NaN when there is none. */
  value: number;
}

export interface HistogramData extends PointHead {
  count: number;
  sum: number | null;
  min: number | null;
  max: number | null;
  bounds: number[];
  counts: number[];
}

export interface Buckets {
  offset: number;
  counts: number[];
}

export interface ExponentialData extends PointHead {
  count: number;
  sum: number | null;
  min: number | null;
  max: number | null;
  scale: number;
  zeroCount: number;
  zeroThreshold: number;
  positive: Buckets;
  negative: Buckets;
}

export interface SummaryData extends PointHead {
  count: number;
  sum: number;
  quantiles: { quantile: number; value: number }[];
}

export interface OtlpLog {
  attributes: Attributes;
  at: number;
  observedAt: number;
  /** 1 to 24, 0: not given. */
  severity: number;
  severityText: string;
  body: string;
  eventName: string;
  /** Lower-case hex, empty: none. */
  traceId: string;
  spanId: string;
}

export const SPAN_KIND = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

export interface OtlpSpan {
  attributes: Attributes;
  traceId: string;
  spanId: string;
  parentId: string;
  name: string;
  /** See {@link SPAN_KIND}. */
  kind: number;
  /** With a fraction. */
  startAt: number;
  endAt: number;
  isError: boolean;
}

/** Why a body cannot be read. */
export type OtlpDefect = 'malformed' | 'too_deep' | 'too_many';

/** Thrown within a decoder only; its entry turns it into the reason. */
export class OtlpDefectError extends Error {
  override name = 'OtlpDefectError';
  readonly defect: OtlpDefect;

  constructor(defect: OtlpDefect) {
    super(`the request is ${defect}`);
    this.defect = defect;
  }
}

/** What a request may still hold; see OTLP_LIMITS. */
export interface OtlpBudget {
  items: number;
  values: number;
}

export function spendItem(budget: OtlpBudget): void {
  if (--budget.items < 0) throw new OtlpDefectError('too_many');
}

export function spendValues(budget: OtlpBudget, count: number): void {
  budget.values -= count;
  if (budget.values < 0) throw new OtlpDefectError('too_many');
}

export const createMetric = (): OtlpMetric => ({
  name: '',
  unit: '',
  type: 'none',
  temporality: TEMPORALITY.unspecified,
  isMonotonic: false,
  numbers: [],
  histograms: [],
  exponentials: [],
  summaries: [],
});
