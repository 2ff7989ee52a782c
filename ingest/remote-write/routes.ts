import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { ApiError, unavailable } from '../../platform/errors.ts';
import { REMOTE_WRITE_ROUTE } from '../../schemas/api/remote-write.ts';
import { LOG_METRICS } from '../../schemas/telemetry/reserved-metrics.ts';
import type { TelemetryIntake } from '../telemetry-intake.ts';
import type { RefusedReason } from './accept-write.ts';
import type { Version } from './decode.ts';
import { IdentityCache } from './identity-cache.ts';
import { REMOTE_WRITE_LIMITS } from './limits.ts';
import { versionOf } from './media-type.ts';
import { createRemoteWriteMetrics, type RemoteWriteMetrics } from './metrics.ts';
import { type Written, writeSeries } from './write-series.ts';

export interface RemoteWriteOptions {
  intake: TelemetryIntake;
  registry: Registry;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Version of the protocol a remote-write request speaks; set before its body is read. */
    remoteWriteVersion: Version;
  }
}

/** POST /api/v1/write: Prometheus remote write, versions 1.0 and 2.0. */
const remoteWriteRoutes: FastifyPluginAsync<RemoteWriteOptions> = async (app, { intake, registry }) => {
  const metrics = createRemoteWriteMetrics(registry);
  const writing = { intake, identities: new IdentityCache() };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.decorateRequest('remoteWriteVersion', '1.0');
  app.addHook('onRequest', async (request) => {
    request.remoteWriteVersion = versionOf(request.headers);
  });
  boundBodies(app);
  app.post('', {
    bodyLimit: REMOTE_WRITE_LIMITS.compressedBytes,
    config: { permission: 'ingest', rateCategory: 'ingest', extension: true },
    schema: REMOTE_WRITE_ROUTE,
    handler: async (request, reply) => {
      const tenant = await intake.resolveTelemetryTenant(request);
      const { body, remoteWriteVersion: version } = request;
      // Not kept while the log writes.
      request.body = undefined;
      const written = await writeSeries(writing, {
        tenant,
        version,
        body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
      });
      return answer(reply, written, metrics);
    },
  });
};
export default remoteWriteRoutes;

/** Refuses with 503 what would make the bodies being received and written together larger than they may be. */
function boundBodies(app: FastifyInstance): void {
  let inFlightBytes = 0;
  app.addHook('onRequest', async (request: FastifyRequest, reply) => {
    const { compressedBytes } = REMOTE_WRITE_LIMITS;
    // One that says it is longer than it may be is not read: 413, not 503, which would be repeated.
    const bytes = Math.min(Number(request.headers['content-length'] ?? compressedBytes), compressedBytes);
    if (inFlightBytes + bytes > REMOTE_WRITE_LIMITS.inFlightBytes) throw unavailable('Too much telemetry at once.');
    inFlightBytes += bytes;
    reply.raw.once('close', () => {
      inFlightBytes -= bytes;
    });
  });
}

function answer(reply: FastifyReply, written: Written, metrics: RemoteWriteMetrics): FastifyReply {
  const { request, refused } = written;
  metrics.count('stale_marker', request.staleMarkers);
  metrics.count('not_finite', request.notFinite);
  metrics.count('exemplar', request.exemplars);
  for (const [reason, items] of refused) metrics.count(reason, items);
  reply.header('x-prometheus-remote-write-samples-written', String(written.samples));
  reply.header('x-prometheus-remote-write-histograms-written', String(written.histograms));
  // Exemplars lead to traces, which are not stored.
  reply.header('x-prometheus-remote-write-exemplars-written', '0');
  if (refused.size > 0) throw partlyWritten(written);
  return reply.code(204).send();
}

// Not to be repeated: what is wrong stays so, and what was right is written.
function partlyWritten({ samples, histograms, refused }: Written): ApiError {
  const reasons = [...refused].map(([reason, items]) => `${items} ${words[reason] ?? reason.replaceAll('_', ' ')}`);
  return new ApiError(400, {
    code: 'partial_write',
    message: `Written: ${samples} samples, ${histograms} histograms. Not written: ${reasons.join(', ')}.`,
  });
}

const words: Partial<Record<RefusedReason, string>> = {
  no_metric_name: 'without a metric name',
  reserved_metric_name: `with a metric name that begins with '${LOG_METRICS}'`,
  too_many_labels: `with more than ${REMOTE_WRITE_LIMITS.labels} labels`,
  older_than_retention: "older than the organization's retention",
  too_far_in_future: 'too far in the future',
  service_limit_exceeded: 'of services beyond the limit of the plan',
};
