import { encodeV1, type SentSeries, snappy } from '../../test/support/remote-write.ts';

/** As Prometheus sends them: one sample of each of so many series. */
export const samplesPerRequest = 2_000;
const distinctTargets = 16;
const sampleHead = Buffer.from([0x12, 0x10, 0x09]);
const valueAt = sampleHead.length;
const timeAt = valueAt + 9;
const timeBytes = 6;
const stepMs = 1_000;

/** Makes bodies of remote write 1.0, each other than any before: its samples are a second younger than those of the last of its series. */
export interface BodySource {
  /** Not compressed; valid until the next call. */
  nextMessage(): Buffer;
  /** As it is sent. */
  nextBody(): Buffer;
}

export function createBodySource(startAt: number): BodySource {
  const templates = Array.from({ length: distinctTargets }, (_, target) => createTemplate(target, startAt));
  let made = 0;
  const nextMessage = () => {
    const round = Math.floor(made / distinctTargets);
    const template = templates[made++ % distinctTargets] as Template;
    renew(template, startAt + round * stepMs, round);
    return template.message;
  };
  return { nextMessage, nextBody: () => snappy(nextMessage()) };
}

interface Template {
  message: Buffer;
  /** Where each sample begins. */
  samples: number[];
}

function createTemplate(target: number, at: number): Template {
  const message = encodeV1(Array.from({ length: samplesPerRequest }, (_, n) => seriesOf(target, n, at)));
  const samples: number[] = [];
  for (let pos = message.indexOf(sampleHead); pos >= 0; pos = message.indexOf(sampleHead, pos + timeAt))
    samples.push(pos);
  if (samples.length !== samplesPerRequest) throw new Error('the samples of a template are not where they should be');
  return { message, samples };
}

/** Eleven labels, about 280 bytes: what a histogram, its sum and its count of a web service in a cluster look like. */
function seriesOf(target: number, n: number, at: number): SentSeries {
  const [suffix, bounds] =
    n % 10 < 8 ? ['bucket', { le: String(2 ** (n % 8) / 100) }] : [n % 10 === 8 ? 'count' : 'sum', {}];
  const labels = {
    __name__: `http_request_duration_seconds_${suffix}`,
    cluster: 'prod-eu-1',
    code: String(200 + (n % 5)),
    container: 'server',
    handler: `/api/v1/handler_${n % 40}`,
    instance: `10.0.${target}.${n % 50}:9090`,
    job: `service-${target % 4}`,
    ...bounds,
    method: n % 2 === 0 ? 'GET' : 'POST',
    namespace: 'default',
    pod: `service-6f7d8c9b4-${target}x${Math.floor(n / 40)}`,
    region: 'eu-west-1',
  };
  return { labels, samples: [{ value: 1, at }] };
}

function renew({ message, samples }: Template, at: number, round: number): void {
  for (const [n, pos] of samples.entries()) {
    message.writeDoubleLE(round * 3 + n, pos + valueAt);
    let rest = at;
    for (let byte = 0; byte < timeBytes; byte++) {
      message[pos + timeAt + byte] = (rest % 128) + (byte < timeBytes - 1 ? 128 : 0);
      rest = Math.floor(rest / 128);
    }
  }
}
