/** What stands where a secret was. */
export const REDACTED = '[redacted]';

/** How many characters of a token tell what it is and nothing of its secret. */
const secrets: readonly [RegExp, string][] = [
  // Keys of all families; masked ones such as mk_live_m3kL... are shorter.
  [/\b(mk_live_|ops_|isage_)[A-Za-z0-9_-]{12,}/g, `$1${REDACTED}`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*/g, REDACTED],
  [/\b(Bearer|Basic) +[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  // User and password of a URL, and the token of the embedded log's.
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'\\]{1,512}@/gi, `$1${REDACTED}@`],
];

/** The text without what looks like a key, a JSON web token, a credential of a header or of a URL. */
export function redactSecrets(text: string): string {
  return secrets.reduce((redacted, [pattern, replacement]) => redacted.replace(pattern, replacement), text);
}
