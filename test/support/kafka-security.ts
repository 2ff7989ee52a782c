import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A listener of the broker that speaks TLS and wants to know who is there. */
export interface KafkaSecurity {
  username: string;
  password: string;
  /** PEM of the broker's certificate, which is its own authority. */
  caPath: string;
  /** Settings of the listener named SECURE. */
  settings: Record<string, string>;
  /** For the tool that formats the broker's storage: SCRAM users are kept there. */
  formatArguments: string[];
}

const run = promisify(execFile);
const plainModule = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const scramModule = 'org.apache.kafka.common.security.scram.ScramLoginModule';

/** Makes a certificate for 127.0.0.1 in the directory, and one user, known to PLAIN and to SCRAM-SHA-512. */
export async function createKafkaSecurity(dir: string): Promise<KafkaSecurity> {
  const [username, password] = ['tidemark', randomBytes(12).toString('hex')];
  const { store, caPath } = await createCertificate(dir, password);
  return {
    username,
    password,
    caPath,
    settings: {
      'listener.name.secure.ssl.keystore.location': store,
      'listener.name.secure.ssl.keystore.password': password,
      'listener.name.secure.ssl.key.password': password,
      'listener.name.secure.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
      'listener.name.secure.plain.sasl.jaas.config': `${plainModule} required user_${username}="${password}";`,
      'listener.name.secure.scram-sha-512.sasl.jaas.config': `${scramModule} required;`,
    },
    formatArguments: ['--add-scram', `SCRAM-SHA-512=[name=${username},password=${password}]`],
  };
}

/** A certificate that is its own authority, and the key store that holds it. */
export async function createCertificate(dir: string, password: string): Promise<{ store: string; caPath: string }> {
  const store = join(dir, `${randomBytes(4).toString('hex')}.p12`);
  const caPath = `${store}.pem`;
  const entry = ['-alias', 'broker', '-keystore', store, '-storepass', password];
  const subject = ['-dname', 'CN=127.0.0.1', '-ext', 'SAN=ip:127.0.0.1', '-ext', 'bc:c=ca:true'];
  await run('keytool', [
    '-genkeypair',
    '-keyalg',
    'EC',
    '-storetype',
    'PKCS12',
    '-validity',
    '2',
    ...subject,
    ...entry,
  ]);
  await run('keytool', ['-exportcert', '-rfc', '-file', caPath, ...entry]);
  return { store, caPath };
}
