import {
  attributesOf,
  decodeJson,
  isTrue,
  type JsonObject,
  listOf,
  numberOf,
  numbersOf,
  objectOf,
  readJsonResources,
  textOf,
  timeOf,
} from './json-reader.ts';
import {
  type Buckets,
  createMetric,
  type ExponentialData,
  type HistogramData,
  type NumberPoint,
  type OtlpBudget,
  type OtlpDefect,
  type OtlpMetric,
  type OtlpResource,
  type PointHead,
  type SummaryData,
  spendItem,
  spendValues,
} from './otlp-model.ts';

const levels = { resources: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics' };

/** The metrics of an ExportMetricsServiceRequest in JSON, or why the value is none. */
export const decodeJsonMetrics = (body: unknown): OtlpResource<OtlpMetric>[] | OtlpDefect =>
  decodeJson(body, (root, budget) => readJsonResources({ root, budget, levels }, readMetric));

function readMetric(json: JsonObject, budget: OtlpBudget): OtlpMetric {
  const metric: OtlpMetric = { ...createMetric(), name: textOf(json.name), unit: textOf(json.unit) };
  const points = <Point>(data: unknown, read: (point: JsonObject, budget: OtlpBudget) => Point) => {
    metric.temporality = numberOf(objectOf(data).aggregationTemporality, 0);
    return listOf(objectOf(data).dataPoints).map((point) => {
      spendItem(budget);
      return read(objectOf(point), budget);
    });
  };
  const { gauge, sum, histogram, exponentialHistogram, summary } = json;
  if (isGiven(gauge)) return { ...metric, type: 'gauge', numbers: points(gauge, readNumber) };
  if (isGiven(sum)) {
    const numbers = points(sum, readNumber);
    return { ...metric, type: 'sum', isMonotonic: isTrue(objectOf(sum).isMonotonic), numbers };
  }
  if (isGiven(histogram)) {
    const histograms = points(histogram, readHistogram);
    return { ...metric, type: 'histogram', histograms };
  }
  if (isGiven(exponentialHistogram)) {
    const exponentials = points(exponentialHistogram, readExponential);
    return { ...metric, type: 'exponential', exponentials };
  }
  return isGiven(summary) ? { ...metric, type: 'summary', summaries: points(summary, readSummary) } : metric;
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

const readHead = (json: JsonObject, budget: OtlpBudget): PointHead => ({
  attributes: attributesOf(json.attributes, budget),
  at: timeOf(json.timeUnixNano),
  startAt: timeOf(json.startTimeUnixNano),
  flags: numberOf(json.flags, 0),
});

const readNumber = (json: JsonObject, budget: OtlpBudget): NumberPoint => ({
  ...readHead(json, budget),
  value: numberOf(json.asDouble ?? json.asInt, Number.NaN),
});

const readAmounts = (json: JsonObject) => ({
  count: numberOf(json.count, 0),
  sum: numberOf(json.sum, null),
  min: numberOf(json.min, null),
  max: numberOf(json.max, null),
});

const readHistogram = (json: JsonObject, budget: OtlpBudget): HistogramData => ({
  ...readHead(json, budget),
  ...readAmounts(json),
  bounds: numbersOf(json.explicitBounds, budget),
  counts: numbersOf(json.bucketCounts, budget),
});

const readExponential = (json: JsonObject, budget: OtlpBudget): ExponentialData => ({
  ...readHead(json, budget),
  ...readAmounts(json),
  scale: numberOf(json.scale, 0),
  zeroCount: numberOf(json.zeroCount, 0),
  zeroThreshold: numberOf(json.zeroThreshold, 0),
  positive: readBuckets(objectOf(json.positive), budget),
  negative: readBuckets(objectOf(json.negative), budget),
});

const readBuckets = ({ offset, bucketCounts }: JsonObject, budget: OtlpBudget): Buckets => ({
  offset: numberOf(offset, 0),
  counts: numbersOf(bucketCounts, budget),
});

function readSummary(json: JsonObject, budget: OtlpBudget): SummaryData {
  const given = listOf(json.quantileValues).map(objectOf);
  spendValues(budget, given.length);
  const quantiles = given.map((item) => ({ quantile: numberOf(item.quantile, 0), value: numberOf(item.value, 0) }));
  return { ...readHead(json, budget), count: numberOf(json.count, 0), sum: numberOf(json.sum, 0), quantiles };
}
