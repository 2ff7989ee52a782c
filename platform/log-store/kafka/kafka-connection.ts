import { readFile } from 'node:fs/promises';
import { ConfigError } from '../../config.ts';
import type { KafkaSettings } from '../../kafka-config.ts';
import type { KafkaConnection } from '../kafka.ts';

export interface ConnectionSource {
  brokers: readonly string[];
  settings: KafkaSettings | undefined;
  log: KafkaConnection['log'];
}

/** The connection that is configured, with the authorities of its certificates read from their file. Throws ConfigError when it cannot be. */
export async function readKafkaConnection({ brokers, settings, log }: ConnectionSource): Promise<KafkaConnection> {
  const { clientId = 'tidemark', ssl, sslCa, sasl } = settings ?? {};
  return { brokers, clientId, ssl: sslCa === undefined ? ssl : { ca: await readAuthorities(sslCa) }, sasl, log };
}

async function readAuthorities(path: string): Promise<string> {
  const expected = 'expected a PEM file of certificates';
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new ConfigError(`KAFKA_SSL_CA is ${JSON.stringify(path)}, which cannot be read (${cause.code}); ${expected}`);
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new ConfigError(`KAFKA_SSL_CA is ${JSON.stringify(path)}, a file without a certificate; ${expected}`);
}
