import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchKafkaJars } from './kafka-jars.ts';
import { createKafkaSecurity, type KafkaSecurity } from './kafka-security.ts';
import { findLastingPort } from './lasting-port.ts';
import { isStopped, waitFor } from './processes.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const START_TIMEOUT_MS = 120_000;
const run = promisify(execFile);

/** One broker (and controller) of a cluster, as a process. */
export interface KafkaNode {
  id: number;
  /** `host:port` to reach it directly. */
  address: string;
  /** `host:port` to reach it through its proxy, whose clients stay on proxies. */
  proxiedAddress: string;
  /** `host:port` to reach it over TLS and with a password, where the cluster was started with security. */
  secureAddress: string;
  proxy: TcpProxy;
  start(): Promise<void>;
  /** Sends the signal and waits until the process has ended or stands still. */
  signal(name: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
}

export interface KafkaCluster {
  /** Direct addresses. */
  brokers: string[];
  nodes: KafkaNode[];
  replicationFactor: number;
  /** Set when it was asked for. */
  security: KafkaSecurity | undefined;
  stop(): Promise<void>;
}

/**
 * The cluster that KAFKA_BROKERS names (without nodes to signal), else Apache Kafka started here: one process a node,
 * each broker and controller. Rejects, saying what is missing, when Kafka cannot be had.
 */
export async function startKafka({ nodes: count = 1 } = {}): Promise<KafkaCluster> {
  const given = process.env.KAFKA_BROKERS;
  if (given !== undefined && count === 1) {
    return {
      brokers: given.split(','),
      nodes: [],
      replicationFactor: 1,
      security: undefined,
      stop: async () => undefined,
    };
  }
  return startOwnKafka(count);
}

/** Always processes of our own, for tests that stop or disturb brokers. */
export async function startOwnKafka(count = 1, { isSecure = false } = {}): Promise<KafkaCluster> {
  const classPath = await fetchKafkaJars();
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-kafka-'));
  const clusterId = randomBytes(16).toString('base64url');
  const plans = await Promise.all(Array.from({ length: count }, (_, index) => planNode(index + 1, dir)));
  const security = isSecure ? await createKafkaSecurity(dir) : undefined;
  const running = new Map<number, ChildProcess>();
  const nodes = plans.map((plan) => createNode(plan, { classPath, running }));
  const stop = async () => {
    for (const child of running.values()) child.kill('SIGKILL');
    await Promise.all([...running.values()].map(ended));
    await Promise.all(plans.map(({ proxy }) => proxy.close()));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await Promise.all(
      plans.map(async (plan) => {
        await mkdir(plan.dir);
        await writeFile(plan.properties, propertiesOf(plan, plans, security));
        // One argument with its value: one id in 64 begins with a dash, and would be taken for an option.
        const format = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', plan.properties];
        format.push(...(security?.formatArguments ?? []));
        await run('java', ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', classPath, ...format]);
      }),
    );
    await Promise.all(nodes.map((node) => node.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers: nodes.map(({ address }) => address), nodes, replicationFactor: Math.min(3, count), security, stop };
}

interface NodePlan {
  id: number;
  dir: string;
  properties: string;
  ports: { client: number; proxied: number; secure: number; controller: number };
  proxy: TcpProxy;
}

async function planNode(id: number, parent: string): Promise<NodePlan> {
  const ports = {
    client: await findLastingPort(),
    proxied: await findLastingPort(),
    secure: await findLastingPort(),
    controller: await findLastingPort(),
  };
  const proxy = await startTcpProxy();
  proxy.target(ports.proxied);
  const dir = join(parent, `node-${id}`);
  return { id, dir, properties: join(dir, 'server.properties'), ports, proxy };
}

function createNode(plan: NodePlan, host: { classPath: string; running: Map<number, ChildProcess> }): KafkaNode {
  const { id, ports, proxy, properties } = plan;
  return {
    id,
    address: `127.0.0.1:${ports.client}`,
    proxiedAddress: `127.0.0.1:${proxy.port}`,
    secureAddress: `127.0.0.1:${ports.secure}`,
    proxy,
    async start() {
      const flags = ['-Xms128m', '-Xmx512m', '-XX:+UseSerialGC'];
      const child = spawn('java', [...flags, '-cp', host.classPath, 'kafka.Kafka', properties], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      host.running.set(id, child);
      const words: Buffer[] = [];
      child.stderr?.on('data', (chunk: Buffer) => words.push(chunk));
      await waitFor(() => {
        if (child.exitCode !== null) throw new Error(`Kafka did not start: ${Buffer.concat(words)}`);
        return Promise.all([ports.client, ports.proxied].map(accepts)).then((all) => all.every(Boolean));
      }, START_TIMEOUT_MS);
    },
    async signal(name) {
      const child = host.running.get(id);
      child?.kill(name);
      if (child && (name === 'SIGKILL' || name === 'SIGTERM')) await ended(child);
      if (name === 'SIGSTOP') await waitFor(() => isStopped(child?.pid ?? 0), 1_000);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

function propertiesOf(
  { id, dir, ports, proxy }: NodePlan,
  all: readonly NodePlan[],
  security: KafkaSecurity | undefined,
): string {
  const replicas = Math.min(3, all.length);
  const secure = security ? `,SECURE://127.0.0.1:${ports.secure}` : '';
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': all.map((node) => `${node.id}@127.0.0.1:${node.ports.controller}`).join(','),
    listeners: `CLIENT://127.0.0.1:${ports.client},PROXIED://127.0.0.1:${ports.proxied},CONTROLLER://127.0.0.1:${ports.controller}${secure}`,
    'advertised.listeners': `CLIENT://127.0.0.1:${ports.client},PROXIED://127.0.0.1:${proxy.port}${secure}`,
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,PROXIED:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'CLIENT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(dir, 'data'),
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': 1,
    'auto.create.topics.enable': false,
    'delete.topic.enable': true,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 100,
    'initial.broker.registration.timeout.ms': 180_000, // Else a broker on a busy machine gives up its start.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 2 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 4,
    ...security?.settings,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
