import { OTLP_LIMITS } from './otlp-limits.ts';
import type { Attributes } from './otlp-model.ts';

/** What a resource says about everything that is sent in its name. */
export interface Resource {
  service: string;
  labels: Attributes;
}

/** The service of telemetry that names none. */
export const UNKNOWN_SERVICE = 'unknown_service';

/** Attributes of a resource that tell its series from those of others; every `k8s.….name` does, too. */
export const RESOURCE_LABELS: ReadonlySet<string> = new Set([
  'service.namespace',
  'service.instance.id',
  'service.version',
  'deployment.environment',
  'deployment.environment.name',
  'host.name',
  'container.name',
  'cloud.region',
  'cloud.availability_zone',
]);

const kubernetesName = /^k8s\.[a-z_.]+\.name$/;

export function resourceOf(attributes: Attributes): Resource {
  const labels: Attributes = {};
  for (const name of Object.keys(attributes).sort()) {
    const value = attributes[name];
    const isKept = RESOURCE_LABELS.has(name) || kubernetesName.test(name);
    if (isKept && value !== undefined && value !== '') labels[name] = value;
  }
  return { service: serviceName(attributes['service.name']), labels };
}

/** The name as Tidemark writes services: without space around it or control characters in it. */
export function serviceName(given: string | undefined): string {
  const name = (given ?? '').replaceAll(/\p{Cc}/gu, '').trim();
  return name === '' ? UNKNOWN_SERVICE : cut(name, OTLP_LIMITS.serviceLength);
}

/** The first units of a text, never half a character. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).toWellFormed();
}
