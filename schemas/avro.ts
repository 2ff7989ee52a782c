/**
 * The static type of a value written under an Avro schema declared `as const`, so that no type stands beside its schema.
 * Covers what our schemas use: primitives, records, arrays, maps, enums and unions with null.
 */
export type FromAvro<S> = S extends 'string'
  ? string
  : S extends 'double' | 'float' | 'int' | 'long'
    ? number
    : S extends 'boolean'
      ? boolean
      : S extends 'null'
        ? null
        : S extends 'bytes'
          ? Uint8Array
          : S extends readonly (infer Branch)[]
            ? FromAvro<Branch>
            : S extends { type: 'record'; fields: infer Fields extends readonly { name: string; type: unknown }[] }
              ? { -readonly [F in Fields[number] as F['name']]: FromAvro<F['type']> }
              : S extends { type: 'array'; items: infer Items }
                ? FromAvro<Items>[]
                : S extends { type: 'map'; values: infer Values }
                  ? Record<string, FromAvro<Values>>
                  : S extends { type: 'enum'; symbols: infer Symbols extends readonly string[] }
                    ? Symbols[number]
                    : S extends { type: infer Inner }
                      ? FromAvro<Inner>
                      : never;
