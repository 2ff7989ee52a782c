import { OTLP_LIMITS } from './otlp-limits.ts';
import {
  type Attributes,
  asText,
  type OtlpBudget,
  type OtlpDefect,
  OtlpDefectError,
  type OtlpResource,
  type PlainValue,
  spendItem,
  spendValues,
} from './otlp-model.ts';

export type JsonObject = { readonly [name: string]: unknown };

const digitsPerMs = 6;
const nanosPerMicro = 1_000;
const nanosPerMs = 1e6;
const integerPattern = /^-?\d{1,20}$/;
const timePattern = /^\d{1,20}$/;
const maxIdDigits = 32;

/** Runs a decoder over a parsed JSON body; whatever is wrong with it comes back as the reason. */
export function decodeJson<Result>(
  body: unknown,
  read: (root: JsonObject, budget: OtlpBudget) => Result,
): Result | OtlpDefect {
  const { items, values } = OTLP_LIMITS;
  try {
    if (body === null || body === undefined) return 'malformed';
    return read(objectOf(body), { items, values });
  } catch (error) {
    if (error instanceof OtlpDefectError) return error.defect;
    throw error;
  }
}

/** Names of the lists a request consists of. */
export interface Levels {
  resources: string;
  scopes: string;
  items: string;
}

/** Resources with their items from a request: three levels that all signals share. */
export function readJsonResources<Item>(
  { root, budget, levels }: { root: JsonObject; budget: OtlpBudget; levels: Levels },
  readItem: (item: JsonObject, budget: OtlpBudget) => Item,
): OtlpResource<Item>[] {
  return listOf(root[levels.resources]).map((resource) => {
    spendItem(budget);
    const { attributes } = objectOf(objectOf(resource).resource);
    const scopes = listOf(objectOf(resource)[levels.scopes]);
    const items = scopes.flatMap((scope) => {
      spendItem(budget);
      return listOf(objectOf(scope)[levels.items]).map((item) => {
        spendItem(budget);
        return readItem(objectOf(item), budget);
      });
    });
    return { attributes: attributesOf(attributes, budget), items };
  });
}

/** An absent value is that of an empty message. */
export function objectOf(value: unknown): JsonObject {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new OtlpDefectError('malformed');
  return value as JsonObject;
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new OtlpDefectError('malformed');
  return value;
}

export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new OtlpDefectError('malformed');
  return value;
}

export const isTrue = (value: unknown): boolean => value === true;

const specialNumbers: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** A double or an integer, also as text; `none` when absent. */
export function numberOf<None>(value: unknown, none: None): number | None {
  if (value === undefined || value === null) return none;
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') throw new OtlpDefectError('malformed');
  const number = Object.hasOwn(specialNumbers, value) ? specialNumbers[value] : Number(value);
  if (number === undefined || (Number.isNaN(number) && value !== 'NaN')) throw new OtlpDefectError('malformed');
  return number;
}

export function numbersOf(value: unknown, budget: OtlpBudget): number[] {
  const list = listOf(value);
  spendValues(budget, list.length);
  return list.map((item) => numberOf(item, 0));
}

/** Nanoseconds since the epoch, as text or as a number, in milliseconds rounded down; 0 when absent. */
export const timeOf = (value: unknown): number => splitTime(value).ms;

/** The same with a fraction, as far as a double has it. */
export function preciseTimeOf(value: unknown): number {
  const { ms, fraction } = splitTime(value);
  return ms + fraction;
}

function splitTime(value: unknown): { ms: number; fraction: number } {
  if (value === undefined || value === null || value === '') return { ms: 0, fraction: 0 };
  // A number of nanoseconds is only as exact as a double: to a quarter of a microsecond.
  const text = typeof value === 'number' && value >= 0 ? `${Math.round(value / nanosPerMicro)}000` : value;
  if (typeof text !== 'string' || !timePattern.test(text)) throw new OtlpDefectError('malformed');
  const digits = text.padStart(digitsPerMs + 1, '0');
  return { ms: Number(digits.slice(0, -digitsPerMs)), fraction: Number(digits.slice(-digitsPerMs)) / nanosPerMs };
}

/** An id in hex, which is lower-case from here on; empty for what is too long to be one. */
export function idOf(value: unknown): string {
  const text = textOf(value);
  return text.length > maxIdDigits ? '' : text.toLowerCase();
}

export function attributesOf(value: unknown, budget: OtlpBudget): Attributes {
  const attributes: Attributes = {};
  for (const item of listOf(value)) {
    spendValues(budget, 1);
    const { key, value: given } = objectOf(item);
    const name = textOf(key);
    if (name !== '') attributes[name] = asText(anyValueOf(given, budget));
  }
  return attributes;
}

/** An AnyValue as JSON without its wrapping. */
export function anyValueOf(value: unknown, budget: OtlpBudget, depth = 0): PlainValue {
  if (depth > OTLP_LIMITS.valueDepth) throw new OtlpDefectError('too_deep');
  const given = objectOf(value);
  const list = given.arrayValue ?? given.kvlistValue;
  if (list === undefined || list === null) return scalarOf(given);
  const values = listOf(objectOf(list).values);
  spendValues(budget, values.length);
  if (given.arrayValue !== undefined) return values.map((item) => anyValueOf(item, budget, depth + 1));
  const entryOf = (item: JsonObject) => [textOf(item.key), anyValueOf(item.value, budget, depth + 1)] as const;
  return Object.fromEntries(values.map((item) => entryOf(objectOf(item))));
}

function scalarOf({ stringValue, boolValue, intValue, doubleValue, bytesValue }: JsonObject): PlainValue {
  if (stringValue !== undefined) return textOf(stringValue);
  if (boolValue !== undefined) return isTrue(boolValue);
  if (intValue !== undefined) return integerOf(intValue);
  if (doubleValue !== undefined) return numberOf(doubleValue, null);
  return bytesValue === undefined ? null : textOf(bytesValue);
}

/** Beyond the integers of a double as text, which has all digits. */
function integerOf(value: unknown): PlainValue {
  if (typeof value === 'string' && !integerPattern.test(value)) throw new OtlpDefectError('malformed');
  const number = numberOf(value, null);
  return number === null || Number.isSafeInteger(number) || typeof value !== 'string' ? number : value;
}
