import { OTLP_LIMITS } from './otlp-limits.ts';
import type { Attributes } from './otlp-model.ts';

/** The labels of a point: those of its resource and its own attributes, which win. A reason when they are too many or too long. */
export function acceptLabels(resource: Attributes, own: Attributes): Attributes | 'too_many_labels' | 'label_too_long' {
  const labels = { ...resource, ...own };
  let count = 0;
  for (const name in labels) {
    count += 1;
    const value = labels[name] as string;
    if (name.length > OTLP_LIMITS.labelNameLength || value.length > OTLP_LIMITS.labelValueLength)
      return 'label_too_long';
  }
  return count > OTLP_LIMITS.labels ? 'too_many_labels' : labels;
}

/** Characters of names and values together. */
export function textOfLabels(labels: Attributes): number {
  let length = 0;
  for (const name in labels) length += name.length + (labels[name] as string).length;
  return length;
}
