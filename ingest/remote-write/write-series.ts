import { createHash } from 'node:crypto';
import { ApiError } from '../../platform/errors.ts';
import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import { derivedIds } from '../telemetry/batch-ids.ts';
import type { TelemetryIntake } from '../telemetry-intake.ts';
import type { BatchHead } from '../telemetry-writer.ts';
import { type AcceptedWrite, acceptWrite, type RefusedReason, refuse } from './accept-write.ts';
import { decodeRequest, type Version } from './decode.ts';
import type { IdentityCache } from './identity-cache.ts';
import { REMOTE_WRITE_LIMITS as LIMITS } from './limits.ts';
import { uncompressSnappy } from './snappy.ts';
import type { WriteRequest } from './write-request.ts';

/** What became of a request. */
export interface Written {
  /** Numbers of samples; stale markers count, as all they say is said. */
  samples: number;
  histograms: number;
  /** Samples and histograms not written, by reason. */
  refused: ReadonlyMap<RefusedReason, number>;
  request: Omit<WriteRequest, 'series'>;
}

export interface WriteCall {
  tenant: Tenant;
  version: Version;
  /** As it was sent. */
  body: Buffer;
}

/**
 * Writes what can be written of a request as one record. Resolves when it is durable. ApiError 400 for a body that holds no request, 413 for
 * one that is too large, 403 when the plan of the tenant admits none of its services; LogUnavailableError when the log cannot store: then
 * nothing is written.
 */
export async function writeSeries(
  { intake, identities }: { intake: TelemetryIntake; identities: IdentityCache },
  { tenant, version, body }: WriteCall,
): Promise<Written> {
  const { series, ...request } = decoded(plainBody(body), version, identities);
  const { batch: id, isRepeatable } = idsOf(tenant, body);
  const receivedAt = intake.now();
  const accepted = acceptWrite(
    { series, ...request },
    { receivedAt, retentionDays: tenant.dataRetentionDays, table: intake.seriesTable(tenant) },
  );
  if (accepted.bytes > LIMITS.recordBytes)
    throw tooLarge(`it stands for more than ${LIMITS.recordBytes} bytes of series`);
  await admit(intake, tenant, accepted);
  // Not awaited here: thousands of objects held while the log writes are what the garbage collector pays for.
  return store(intake, tenant, { accepted, request, head: { id, isRepeatable, receivedAt } });
}

interface NewRecord {
  accepted: AcceptedWrite;
  request: Written['request'];
  head: BatchHead;
}

function store(intake: TelemetryIntake, tenant: Tenant, { accepted, request, head }: NewRecord): Promise<Written> {
  const { series, refused } = accepted;
  const { samples, histograms } = countItems(accepted);
  const written = { samples: samples + request.staleMarkers, histograms, refused, request };
  if (series.length === 0) return Promise.resolve(written);
  return intake.writer.metrics(tenant, { ...head, series }).then(() => written, explainSize);
}

function plainBody(body: Buffer): Buffer {
  const bytes = uncompressSnappy(body, LIMITS.decompressedBytes);
  if (bytes === 'too_large') throw tooLarge(`it declares more than ${LIMITS.decompressedBytes} bytes`);
  if (bytes === 'malformed') throw malformed('it is no snappy block');
  return bytes;
}

// A sender repeats the bytes it sent, so the record of a repeat gets the same id and makes no second rows.
const idsOf = (tenant: Tenant, body: Buffer) =>
  derivedIds(tenant.id, `remote-write ${createHash('sha256').update(body).digest('base64')}`);

function decoded(bytes: Buffer, version: Version, identities: IdentityCache): WriteRequest {
  const request = decodeRequest(bytes, { version, identities });
  if (!('reason' in request)) return request;
  throw request.reason === 'too_large' ? tooLarge(`it has ${request.detail}`) : malformed(request.detail);
}

/** Takes the series of services that the plan does not admit out of what is to be written. ApiError 403 when no service is admitted. */
async function admit(intake: TelemetryIntake, tenant: Tenant, accepted: AcceptedWrite): Promise<void> {
  try {
    await intake.admitServices(tenant, accepted.services);
  } catch (error) {
    if (!isRefusal(error) || accepted.services.size === 1) throw error;
    const admitted = await admitOneByOne(intake, tenant, accepted.services);
    if (admitted.size === 0) throw error;
    keepAdmitted(accepted, admitted);
  }
}

function keepAdmitted(accepted: AcceptedWrite, admitted: ReadonlySet<string>): void {
  const { series, refused } = accepted;
  accepted.series = series.filter((one) => {
    const isAdmitted = admitted.has(one.service);
    if (!isAdmitted) refuse(refused, 'service_limit_exceeded', one.points.length + one.histograms.length);
    return isAdmitted;
  });
}

async function admitOneByOne(
  intake: TelemetryIntake,
  tenant: Tenant,
  services: ReadonlySet<string>,
): Promise<Set<string>> {
  const admitted = new Set<string>();
  for (const service of services) {
    try {
      await intake.admitServices(tenant, new Set([service]));
      admitted.add(service);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  return admitted;
}

const isRefusal = (error: unknown): boolean => error instanceof ApiError && error.statusCode === 403;

function countItems({ series }: AcceptedWrite): { samples: number; histograms: number } {
  let samples = 0;
  let histograms = 0;
  for (const one of series) {
    samples += one.points.length;
    histograms += one.histograms.length;
  }
  return { samples, histograms };
}

// The estimate counts characters: text beyond ASCII can still come to more bytes than a record may have.
function explainSize(error: unknown): never {
  if (error instanceof RangeError) throw tooLarge('its series are larger than a record may be', error);
  throw error;
}

function tooLarge(why: string, cause?: unknown): ApiError {
  const message = `The request is larger than allowed: ${why}. Let the sender make smaller ones (max_samples_per_send).`;
  return Object.assign(new ApiError(413, { code: 'payload_too_large', message }), { cause });
}

const malformed = (why: string) =>
  new ApiError(400, { code: 'bad_request', message: `The body is not a remote-write request: ${why}.` });
