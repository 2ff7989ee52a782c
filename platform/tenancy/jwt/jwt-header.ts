/** What of a JWT's header decides which key verifies it. */
export interface JwtHeader {
  alg: string;
  kid: string | undefined;
}

/** Longest token that is looked at. */
export const maxTokenLength = 8_192;
const maxHeaderLength = 1_024;

const compactForm = /^[\w-]+\.[\w-]+\.[\w-]+$/;
// Whatever else a header can carry names another key, another encoding or another meaning of the token.
const knownMembers = new Set(['alg', 'kid', 'typ', 'x5t', 'x5t#S256']);
const tokenType = /^(?:application\/)?(?:at\+)?jwt$/i;
const memberName = /"(?:[^"\\]|\\.)*"\s*:/g;

/** Whether a credential is meant as a JWT: no key begins like the header of one. */
export const isJwt = (credential: string): boolean => credential.startsWith('eyJ') && credential.includes('.');

/**
 * The header of a signed JWT in compact form; undefined when the token is too long, has no signature, or its header is not a flat object of
 * the members known here, each once.
 */
export function readJwtHeader(token: string): JwtHeader | undefined {
  if (token.length > maxTokenLength || !compactForm.test(token)) return undefined;
  const encoded = token.slice(0, token.indexOf('.'));
  if (encoded.length > maxHeaderLength) return undefined;
  const text = Buffer.from(encoded, 'base64url').toString('utf8');
  const header = parseFlat(text);
  if (header === undefined || !Object.keys(header).every((name) => knownMembers.has(name))) return undefined;
  const { alg, kid, typ } = header;
  if (alg === undefined || (typ !== undefined && !tokenType.test(typ))) return undefined;
  return { alg, kid };
}

function parseFlat(text: string): Record<string, string> | undefined {
  const parsed = parse(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const isFlat = Object.values(parsed).every((value) => typeof value === 'string');
  // A member that stands there twice can mean one thing here and another to whoever else reads it.
  const isUnique = text.match(memberName)?.length === Object.keys(parsed).length;
  return isFlat && isUnique ? (parsed as Record<string, string>) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
