import { describe, expect, it } from 'vitest';
import { seriesId } from '../../../processors/streams/measure-series.ts';
import { createDescribeSeries, MAX_NAME_SETS, seriesIdOf } from '../../../processors/streams/series-facts.ts';
import { createMetricSeries } from '../../support/telemetry-batches.ts';

const describeSeries = createDescribeSeries();
const factsOf = (labels: Record<string, string>) => describeSeries(createMetricSeries({ labels }));

describe('the facts of a series', () => {
  it('have its labels in one order, as a column of strings holds them', () => {
    const facts = factsOf({ zone: 'eu', path: '/é' });
    expect(facts.names).toEqual(['path', 'zone']);
    expect(Buffer.from(facts.values).toString()).toBe('\x03/é\x02eu');
  });

  it('share the names of their labels, of so many sets of names', () => {
    expect(factsOf({ a: '1', b: '2' }).names).toBe(factsOf({ b: '3', a: '4' }).names);
    const first = factsOf({ first: '1' }).names;
    for (let set = 0; set < MAX_NAME_SETS; set++)
      expect(factsOf({ [`name${set}`]: '1' }).names).toEqual([`name${set}`]);
    expect(factsOf({ first: '2' }).names).not.toBe(first);
    expect(factsOf({ first: '2' }).names).toEqual(first);
  });

  it('name the series of whichever tenant asks', () => {
    const facts = factsOf({ path: '/pay' });
    for (const tenant of ['org_1', 'org_2', 'org_1']) expect(seriesIdOf(facts, tenant)).toBe(seriesId(tenant, facts));
  });
});
