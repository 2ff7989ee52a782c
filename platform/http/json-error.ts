/** Tells in a few words where a text stops being JSON: `unexpected character at position 14`. The text is known to be malformed. */
export function findJsonError(text: string): string {
  const at = findErrorPosition(text);
  return at >= text.length ? `unexpected end at position ${text.length}` : `unexpected character at position ${at}`;
}

type Expectation = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd';
type Closer = '}' | ']';

const values = ['{', '[', 'string', 'scalar'];
const allowed: Record<Expectation, readonly string[]> = {
  value: values,
  valueOrEnd: [...values, ']'],
  key: ['string'],
  keyOrEnd: ['string', '}'],
  colon: [':'],
  commaOrEnd: [',', '}', ']'],
};

const whitespace = /[ \t\n\r]*/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Index (UTF-16 units) of the first token that no JSON text could have there. */
function findErrorPosition(text: string): number {
  const open: Closer[] = [];
  let expected: Expectation = 'value';
  let at = match(whitespace, text, 0);
  while (at < text.length) {
    const end = endOfToken(text, at);
    const next = advance(open, expected, kindOf(text, at, end));
    if (next === undefined) return at;
    expected = next;
    at = match(whitespace, text, end);
  }
  return at;
}

function endOfToken(text: string, at: number): number {
  const end = text[at] === '"' ? endOfString(text, at) : match(scalar, text, at);
  return end > at ? end : at + 1;
}

function kindOf(text: string, at: number, end: number): string {
  const first = text.charAt(at);
  if (first === '"') return end > at + 1 ? 'string' : 'malformed';
  return /[-\dtfn]/.test(first) && match(scalar, text, at) === end ? 'scalar' : first;
}

function advance(open: Closer[], expected: Expectation, kind: string): Expectation | undefined {
  if (!allowed[expected].includes(kind)) return undefined;
  switch (kind) {
    case '{':
      open.push('}');
      return 'keyOrEnd';
    case '[':
      open.push(']');
      return 'valueOrEnd';
    case '}':
    case ']':
      return open.pop() === kind ? 'commaOrEnd' : undefined;
    case ',':
      return afterComma(open.at(-1));
    case ':':
      return 'value';
    default:
      return expected === 'key' || expected === 'keyOrEnd' ? 'colon' : 'commaOrEnd';
  }
}

function afterComma(closer: Closer | undefined): Expectation | undefined {
  if (closer === undefined) return undefined;
  return closer === '}' ? 'key' : 'value';
}

// By hand, because a regular expression needs a stack as deep as the string is long. `start` itself when the string is malformed.
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') {
    const next = text[at] === '\\' ? match(escapeSequence, text, at) : at + Number(text.charCodeAt(at) >= 0x20);
    if (next === at) return start;
    at = next;
  }
  return at < text.length ? at + 1 : start;
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
