import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Version of Apache Kafka the tests run against; TIDEMARK_TEST_KAFKA_VERSION names another one. */
const KAFKA_VERSION = process.env.TIDEMARK_TEST_KAFKA_VERSION ?? '4.3.1';
const FETCH_TIMEOUT_MS = 180_000;
const run = promisify(execFile);

/** Class path of Apache Kafka: fetched once through Maven, then kept in TIDEMARK_TEST_CACHE (default ~/.cache/tidemark). */
export async function fetchKafkaJars(): Promise<string> {
  await need('java', ['-version'], 'a Java runtime, 17 or newer');
  const cache = process.env.TIDEMARK_TEST_CACHE ?? join(homedir(), '.cache/tidemark');
  const jars = join(cache, `kafka-${KAFKA_VERSION}`);
  if (!existsSync(jars)) await fetchInto(cache, jars);
  return join(jars, '*');
}

async function fetchInto(cache: string, jars: string): Promise<void> {
  await need('mvn', ['-version'], 'Maven, which fetches Apache Kafka');
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'fetching-'));
  try {
    await writeFile(join(work, 'pom.xml'), POM);
    const args = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=jars'];
    await run('mvn', args, { cwd: work, timeout: FETCH_TIMEOUT_MS }).catch((cause: unknown) => {
      throw new Error(`Maven could not fetch Apache Kafka ${KAFKA_VERSION}`, { cause });
    });
    await rename(join(work, 'jars'), jars).catch((cause: unknown) => {
      if (!existsSync(jars)) throw cause; // Another run was faster.
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function need(program: string, args: string[], what: string): Promise<void> {
  await run(program, args).catch((cause: unknown) => {
    const hint = `the Kafka tests need ${what} (the program ${program}), or KAFKA_BROKERS naming a cluster for tests`;
    throw new Error(hint, { cause });
  });
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tidemark</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;
