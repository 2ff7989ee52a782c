export type TelemetryLoadKind = 'logs' | 'metrics';

const services = ['api-gateway', 'billing-service', 'auth-service', 'catalog', 'checkout'];
const levels = ['debug', 'info', 'info', 'info', 'warn', 'error'];
const logBytes = 300;

/** The JSON body of a batch: log events of 300 bytes each, or points of 100 series. */
export function telemetryBody(kind: TelemetryLoadKind, count: number): string {
  const create = kind === 'logs' ? logText : pointText;
  return `[${Array.from({ length: count }, (_, index) => create(index)).join(',')}]`;
}

/** One HTTP request with a batch, as bytes. */
export function telemetryRequest(kind: TelemetryLoadKind, to: { host: string; key: string; count: number }): Buffer {
  const body = telemetryBody(kind, to.count);
  const head = [
    `POST /events/${kind}/batch HTTP/1.1`,
    `Host: ${to.host}`,
    `X-Api-Key: ${to.key}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

function logText(index: number): string {
  const event = {
    service: services[index % services.length],
    level: levels[index % levels.length],
    message: '',
    traceId: index.toString(16).padStart(32, 'a'),
    metadata: { env: 'prod', region: 'eu-west-1', host: `node-${index % 40}` },
  };
  const used = JSON.stringify(event).length;
  return JSON.stringify({ ...event, message: `request ${index} `.padEnd(logBytes - used, 'took longer than usual, ') });
}

function pointText(index: number): string {
  return JSON.stringify({
    service: services[index % services.length],
    name: `metric_${index % 20}`,
    value: 1 + (index % 997) / 10,
    unit: 'ms',
    labels: { env: 'prod', region: 'eu-west-1', instance: `i-${index % 40}` },
  });
}
