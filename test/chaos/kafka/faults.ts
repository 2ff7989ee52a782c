import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaNode } from '../../support/kafka-broker.ts';
import type { KafkaWorld } from './world.ts';

/** How long the faults last. */
export interface FaultTimes {
  /** A broker that was killed stays away for so long. */
  awayMs: number;
  /** All brokers stay away for so long. */
  stopMs: number;
  freezeMs: number;
  /** Of undisturbed load before and after the fault. */
  calmMs: number;
}

/** A span during which nothing can be stored: not one request sent within it may be acknowledged. As of `performance.now()`. */
export interface Outage {
  from: number;
  until: number;
  /** When the brokers took connections again. */
  overAt: number;
}

/** Disturbs the brokers and mends them; resolves, when all are back, with the outages in between. */
export type KafkaFault = (world: KafkaWorld, times: FaultTimes) => Promise<Outage[]>;

export const faultTimes: FaultTimes = { awayMs: 10_000, stopMs: 60_000, freezeMs: 45_000, calmMs: 5_000 };
export const shortFaultTimes: FaultTimes = { awayMs: 4_000, stopMs: 8_000, freezeMs: 8_000, calmMs: 1_500 };

/** By the name of their scenario. */
export const kafkaFaults = {
  'kafka-broker-kill': async (world, { awayMs }) => killFor(await pickFollower(world), awayMs),
  'kafka-leader-kill': async (world, { awayMs }) => killFor(await world.findLoadedLeader(), awayMs),
  'kafka-stop': stopAll,
  'kafka-leader-freeze': async (world, { freezeMs }) => {
    await freeze([await world.findLoadedLeader()], freezeMs);
    return [];
  },
  'kafka-freeze': async ({ kafka }, { freezeMs }) => [await freeze(kafka.nodes, freezeMs)],
  'kafka-rolling-restart': restartOneByOne,
} satisfies Record<string, KafkaFault>;

async function pickFollower({ kafka, findLoadedLeader }: KafkaWorld): Promise<KafkaNode> {
  const leader = await findLoadedLeader();
  const others = kafka.nodes.filter((node) => node !== leader);
  const picked = others[Math.floor(Math.random() * others.length)];
  if (!picked) throw new Error('the cluster has one broker only');
  return picked;
}

async function killFor(node: KafkaNode, awayMs: number): Promise<Outage[]> {
  await node.signal('SIGKILL');
  await delay(awayMs);
  await node.start();
  return [];
}

async function stopAll({ kafka: { nodes } }: KafkaWorld, { stopMs }: FaultTimes): Promise<Outage[]> {
  await Promise.all(nodes.map((node) => node.signal('SIGKILL')));
  const from = performance.now();
  await delay(stopMs);
  const until = performance.now();
  await Promise.all(nodes.map((node) => node.start()));
  return [{ from, until, overAt: performance.now() }];
}

async function freeze(nodes: readonly KafkaNode[], freezeMs: number): Promise<Outage> {
  await Promise.all(nodes.map((node) => node.signal('SIGSTOP')));
  const from = performance.now();
  await delay(freezeMs);
  const until = performance.now();
  await Promise.all(nodes.map((node) => node.signal('SIGCONT')));
  return { from, until, overAt: until };
}

async function restartOneByOne({ kafka, waitUntilInSync }: KafkaWorld): Promise<Outage[]> {
  for (const node of kafka.nodes) {
    await node.signal('SIGTERM');
    await node.start();
    await waitUntilInSync(); // As an operator would wait for.
  }
  return [];
}
