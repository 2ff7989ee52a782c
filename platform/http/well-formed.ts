/**
 * Path of the first string in a JSON value, key or value, that holds a lone surrogate, such as `events[3].orgCode`; undefined
 * when all text is well-formed Unicode. The value must not be nested deeply: it recurses.
 */
export function findIllFormed(value: unknown, path = ''): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : path;
  if (Array.isArray(value)) return findFirst(value.entries(), (index) => `${path}[${index}]`);
  if (typeof value !== 'object' || value === null) return undefined;
  const illFormedKey = Object.keys(value).find((key) => !key.isWellFormed());
  if (illFormedKey !== undefined) return join(path, illFormedKey.toWellFormed());
  return findFirst(Object.entries(value), (key) => join(path, String(key)));
}

/**
 * Whether a JSON text in valid UTF-8 may hold a lone surrogate: only an escape such as `\ud800` can bring one in. Nearly free,
 * and true for hardly any text.
 */
export const mayBeIllFormed = (bytes: Buffer): boolean => bytes.includes('\\ud') || bytes.includes('\\uD');

function findFirst(
  entries: Iterable<[string | number, unknown]>,
  pathOf: (key: string | number) => string,
): string | undefined {
  for (const [key, value] of entries) {
    const found = findIllFormed(value, pathOf(key));
    if (found !== undefined) return found;
  }
  return undefined;
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
