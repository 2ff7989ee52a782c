/** A JSON schema as the OpenAPI document has it. */
export interface Schema {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  schema: Schema;
}

/** One method of one path of the API, as the OpenAPI document describes it. */
export interface Operation {
  method: string;
  /** With parameters in braces: /api/v1/keys/{keyId}. */
  path: string;
  parameters: Parameter[];
  body?: Schema;
  /** Of every answer that is an error. */
  errorSchema: object;
}

interface Document {
  paths: Record<string, Record<string, DocumentOperation>>;
}

interface DocumentOperation {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

const json = 'application/json';

/** All operations of an OpenAPI document: what is registered is in it, so what is new is too. */
export function operationsOf(document: unknown): Operation[] {
  return Object.entries((document as Document).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const body = operation.requestBody?.content[json]?.schema;
      const errorSchema = operation.responses.default?.content?.[json]?.schema;
      if (errorSchema === undefined) throw new Error(`${method} ${path} does not document its errors`);
      const parameters = operation.parameters ?? [];
      return { method: method.toUpperCase(), path, parameters, errorSchema, ...(body === undefined ? {} : { body }) };
    }),
  );
}

/** A request in the making; every part can be replaced. */
export interface Draft {
  method: string;
  path: string;
  pathValues: Record<string, string>;
  query: [string, string][];
  headers: Record<string, string>;
  /** Of any shape; undefined: none. */
  body?: unknown;
}

/** The path with its values and query, percent-encoded. */
export function urlOf({ path, pathValues, query }: Draft): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(pathValues[name] ?? ''));
  const search = new URLSearchParams(query).toString();
  return search === '' ? filled : `${filled}?${search}`;
}

/** Values by the name of a parameter or property, so that a request is about something that exists. */
export type Known = Readonly<Record<string, unknown>>;

/** A request the schemas allow: required parts only, known values where there are any. */
export function draftOf(operation: Operation, known: Known): Draft {
  const textOf = ({ name, schema }: Parameter) => String(known[name] ?? sampleOf(schema, known));
  const those = (where: Parameter['in'], all = false) =>
    operation.parameters
      .filter((parameter) => parameter.in === where && (all || parameter.required || parameter.name in known))
      .map((parameter): [string, string] => [parameter.name, textOf(parameter)]);
  return {
    method: operation.method,
    path: operation.path,
    pathValues: Object.fromEntries(those('path', true)),
    query: those('query'),
    headers: Object.fromEntries(
      operation.parameters
        .filter(({ in: where, required }) => where === 'header' && required)
        .map((parameter) => [parameter.name, textOf(parameter)]),
    ),
    ...(operation.body === undefined ? {} : { body: sampleOf(operation.body, known) }),
  };
}

/** A value the schema allows. */
export function sampleOf(schema: Schema, known: Known): unknown {
  const [branch] = schema.anyOf ?? schema.oneOf ?? [];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (branch !== undefined) return sampleOf(branch, known);
  const [example] = schema.examples ?? [];
  // An object that is nothing without one of its parts shows which.
  const isOwnExample = example !== undefined && (schema.required ?? []).length === 0;
  if (schema.properties !== undefined && !isOwnExample) return sampleObject(schema, known);
  if (example !== undefined) return example;
  return sampleByType(schema, known);
}

function sampleObject({ properties = {}, required = [] }: Schema, known: Known): Record<string, unknown> {
  const names = Object.keys(properties).filter((name) => required.includes(name) || name in known);
  return Object.fromEntries(names.map((name) => [name, known[name] ?? sampleOf(properties[name] as Schema, known)]));
}

function sampleByType(schema: Schema, known: Known): unknown {
  switch ([schema.type].flat()[0]) {
    case 'array':
      return [sampleOf(schema.items ?? {}, known)];
    case 'object':
      return {};
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    default:
      return schema.format === 'date-time' ? new Date().toISOString() : 'x'.repeat(Math.max(1, schema.minLength ?? 1));
  }
}

/** Where in a body a string may stand: paths of property names and indexes. */
export function stringPathsOf(schema: Schema, path: (string | number)[] = []): (string | number)[][] {
  const branches = schema.anyOf ?? schema.oneOf ?? [];
  const nested = [
    ...branches.flatMap((branch) => stringPathsOf(branch, path)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => stringPathsOf(property, [...path, name])),
    ...(schema.items === undefined ? [] : stringPathsOf(schema.items, [...path, 0])),
  ];
  const isOpen = typeof schema.additionalProperties === 'object';
  const own = [schema.type].flat().includes('string') || schema.const !== undefined ? [path] : [];
  return [...own, ...(isOpen ? [[...path, 'anything']] : []), ...nested];
}

/** A copy of the value with another one at the path; what is missing on the way is made. */
export function withValueAt(value: unknown, path: readonly (string | number)[], replacement: unknown): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return replacement;
  if (typeof head === 'number') {
    const items = Array.isArray(value) ? [...value] : [];
    items[head] = withValueAt(items[head], rest, replacement);
    return items;
  }
  const record = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  return { ...record, [head]: withValueAt(record[head], rest, replacement) };
}
