import { encodeOtlp } from '../../test/support/otlp-messages.ts';

export const pointsPerRequest = 1_000;
const metrics = 20;
const routes = ['/cart', '/checkout', '/orders', '/orders/{id}', '/search'];
const methods = ['GET', 'POST'];
const statuses = ['200', '201', '404', '500', '503'];
const nanosPerMs = 1_000_000n;

/** The body of one request in Protobuf: 20 totals of a service with 50 series each, five labels a point. `now`: milliseconds since the epoch. */
export function createOtlpBody(seed: number, now: number): Buffer {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const attributes = [
    text('service.name', `service-${seed % 4}`),
    text('service.version', '1.4.2'),
    text('host.name', `node-${seed % 8}`),
    text('telemetry.sdk.language', 'nodejs'),
  ];
  const times = {
    startTimeUnixNano: String(BigInt(now - 3_600_000) * nanosPerMs),
    timeUnixNano: String(BigInt(now) * nanosPerMs),
  };
  const pointOf = (index: number) => ({
    ...times,
    asDouble: index * 1.5 + seed,
    attributes: [
      text('http.route', routes[index % routes.length] as string),
      text('http.request.method', methods[Math.floor(index / 5) % methods.length] as string),
      text('http.response.status_code', statuses[Math.floor(index / 10) % statuses.length] as string),
    ],
  });
  const metricOf = (number: number) => ({
    name: `http.server.metric_${number}`,
    unit: 'ms',
    sum: {
      aggregationTemporality: 2,
      isMonotonic: true,
      dataPoints: Array.from({ length: pointsPerRequest / metrics }, (_, index) => pointOf(index)),
    },
  });
  const scope = { scope: { name: 'http' }, metrics: Array.from({ length: metrics }, (_, number) => metricOf(number)) };
  return encodeOtlp('Metrics', { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [scope] }] });
}
