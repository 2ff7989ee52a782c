import type { MetricDefinition } from '../../platform/tenancy/tenancy.ts';

/** What a metric is called and how it is judged until somebody says otherwise: `P2P` and `CycleTime` make `P2P Cycle Time`. */
export function defaultDefinition(
  capability: string,
  metricType: string,
): Pick<MetricDefinition, 'displayName' | 'unit' | 'slaDimension'> {
  const words = metricType
    .replaceAll(/[_.-]+/g, ' ')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .trim();
  return { displayName: `${capability} ${words || metricType}`, unit: '', slaDimension: 'urgency' };
}
