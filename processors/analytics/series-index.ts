import type { SeriesNames } from './series.ts';

interface Named extends SeriesNames {
  tenant: string;
}

/** By tenant, subject and metric. */
type ByNames<Item> = Map<string, Map<string, Map<string, Item>>>;

/** Finds what is known of a series by its names, without making one name of them. */
export class SeriesIndex<Item extends Named> {
  readonly #capabilities: ByNames<Item> = new Map();
  readonly #services: ByNames<Item> = new Map();

  find({ tenant, subjectKind, subject, metric }: Named): Item | undefined {
    return this.#of(subjectKind).get(tenant)?.get(subject)?.get(metric);
  }

  add(item: Item): void {
    const subjects = mapIn(this.#of(item.subjectKind), item.tenant);
    mapIn(subjects, item.subject).set(item.metric, item);
  }

  remove({ tenant, subjectKind, subject, metric }: Named): void {
    const tenants = this.#of(subjectKind);
    const subjects = tenants.get(tenant);
    const metrics = subjects?.get(subject);
    metrics?.delete(metric);
    if (metrics?.size === 0) subjects?.delete(subject);
    if (subjects?.size === 0) tenants.delete(tenant);
  }

  /** All of a tenant; may be removed meanwhile. */
  *ofTenant(tenant: string): Iterable<Item> {
    for (const tenants of [this.#capabilities, this.#services]) {
      for (const metrics of tenants.get(tenant)?.values() ?? []) yield* metrics.values();
    }
  }

  #of(subjectKind: SeriesNames['subjectKind']): ByNames<Item> {
    return subjectKind === 'service' ? this.#services : this.#capabilities;
  }
}

function mapIn<Value>(maps: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  let map = maps.get(name);
  if (map === undefined) {
    map = new Map();
    maps.set(name, map);
  }
  return map;
}
