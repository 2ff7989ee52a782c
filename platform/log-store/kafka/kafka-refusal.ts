import { ConfigError } from '../../config.ts';
import { kafkaErrorType } from './kafka-errors.ts';

const UNTRUSTED = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const MAX_CAUSES = 5;

/** The variable that an operator has to correct when a broker refused us, or we its certificate; undefined for every other error. */
export function toConfigError(error: unknown): ConfigError | undefined {
  const said = error instanceof Error ? error.message : String(error);
  const why = explain(causesOf(error));
  return why === undefined ? undefined : new ConfigError(`${why} (${said})`, { cause: error });
}

function explain(causes: readonly Failure[]): string | undefined {
  const types = causes.map(kafkaErrorType);
  const codes = causes.map(({ code }) => String(code));
  if (codes.some((code) => UNTRUSTED.has(code))) {
    return "KAFKA_SSL_CA: a broker's certificate is not trusted; expected the authority that signed it";
  }
  if (codes.includes('ERR_TLS_CERT_ALTNAME_INVALID')) {
    return "KAFKA_BROKERS: a broker's certificate is for another name; expected a name it holds";
  }
  if (types.includes('UNSUPPORTED_SASL_MECHANISM')) {
    return 'KAFKA_SASL_MECHANISM: the broker does not offer it; expected one it does';
  }
  const isRefused = causes.some(({ name }) => name === 'KafkaJSSASLAuthenticationError');
  if (isRefused || types.includes('SASL_AUTHENTICATION_FAILED')) {
    return 'KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: the broker refused them; expected those of one of its users';
  }
  return undefined;
}

type Failure = Error & { code?: unknown };

function causesOf(error: unknown): Failure[] {
  const causes: Failure[] = [];
  for (let current = error; current instanceof Error && causes.length < MAX_CAUSES; current = current.cause) {
    causes.push(current);
  }
  return causes;
}
