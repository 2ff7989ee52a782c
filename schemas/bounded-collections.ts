import avro from 'avsc';

/** What avsc reads from: its own cursor, part of the pinned version. */
interface Tap {
  buf: Uint8Array;
  pos: number;
  readLong(): number;
  readString(): string;
  skipLong(): void;
}

interface Readable {
  _read(tap: Tap): unknown;
}

class BoundedArrayType extends avro.types.ArrayType {
  _read(tap: Tap): unknown[] {
    const itemsType = this.itemsType as unknown as Readable;
    const items: unknown[] = [];
    for (let left = readCount(tap); left > 0; left = readCount(tap)) {
      while (left-- > 0) items.push(itemsType._read(tap));
    }
    return items;
  }
}

class BoundedMapType extends avro.types.MapType {
  _read(tap: Tap): Record<string, unknown> {
    const valuesType = this.valuesType as Readable;
    const map: Record<string, unknown> = {};
    for (let left = readCount(tap); left > 0; left = readCount(tap)) {
      while (left-- > 0) {
        const name = tap.readString();
        map[name] = valuesType._read(tap);
      }
    }
    return map;
  }
}

/** The item count of the next block; a negative one is followed by the block's size in bytes. */
function readCount(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.skipLong();
  }
  const bytesLeft = tap.buf.length - tap.pos;
  // Beyond the end avsc reads zeros and reports it when all is read.
  if (bytesLeft < 0) return 0;
  if (count > bytesLeft) throw new RangeError('more items than bytes');
  return count;
}

type TypeHook = avro.ForSchemaOptions['typeHook'];

/**
 * A type hook whose arrays and maps refuse a count larger than the bytes that are left. avsc believes any count, so that one flipped bit
 * would keep a reader busy for hours or exhaust its memory. Reading throws a RangeError then; every item must take at least one byte.
 */
export const boundedCollections: TypeHook = (schema, options) => {
  if (typeof schema !== 'object' || !('type' in schema)) return undefined;
  if (schema.type === 'array') return new BoundedArrayType(schema, options);
  return schema.type === 'map' ? new BoundedMapType(schema, options) : undefined;
};
