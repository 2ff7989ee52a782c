const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffff_ffff_ffff_ffffn;
/** A byte that no UTF-8 text has. */
const SEPARATOR = 0xff;
const encoder = new TextEncoder();

/**
 * Fingerprint of a label set as Prometheus and Alertmanager compute it, 16 hex digits: FNV-1a over names and values in the order of the names
 * (prometheus/common, model/signature.go); an empty value is no label. An alert without a fingerprint so gets the one Alertmanager would have given it.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let sum = OFFSET;
  const add = (byte: number): void => {
    sum = ((sum ^ BigInt(byte)) * PRIME) & MASK;
  };
  for (const [name, value] of Object.entries(labels).filter(hasValue).sort(byName)) {
    for (const text of [name, value]) {
      for (const byte of encoder.encode(text)) add(byte);
      add(SEPARATOR);
    }
  }
  return sum.toString(16).padStart(16, '0');
}

const byName = ([one]: [string, string], [other]: [string, string]): number => (one < other ? -1 : 1);
const hasValue = ([, value]: [string, string]): boolean => value !== '';
