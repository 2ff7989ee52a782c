import { hash32 } from './hash.ts';

/** Parts of a snapshot a processor and partition: a change of one state writes the states of its bucket again. */
export const BUCKETS = 256;

export const bucketOf = (tenant: string, key: string): number => hash32(`${tenant}\0${key}`) % BUCKETS;

export const createBuckets = <Item>(): readonly Set<Item>[] => Array.from({ length: BUCKETS }, () => new Set<Item>());
