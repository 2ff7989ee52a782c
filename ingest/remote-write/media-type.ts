import type { IncomingHttpHeaders } from 'node:http';
import { ApiError } from '../../platform/errors.ts';
import type { Version } from './decode.ts';

const type = 'application/x-protobuf';
const encoding = 'snappy';
/** By the parameter `proto`; without one it is 1.0. */
const versions: Readonly<Record<string, Version>> = {
  'prometheus.writerequest': '1.0',
  'io.prometheus.write.v2.request': '2.0',
};

/** The version of the protocol that a request speaks. ApiError 415 for another content type or encoding. */
export function versionOf(headers: IncomingHttpHeaders): Version {
  const { 'content-type': given = '', 'content-encoding': encodedAs = encoding } = headers;
  const [essence = '', ...parameters] = given
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const proto = parameters.find((parameter) => parameter.startsWith('proto='))?.slice('proto='.length);
  const version = proto === undefined ? '1.0' : versions[proto.replaceAll('"', '')];
  if (essence !== type || version === undefined) {
    throw unsupported(`Content-Type must be ${type} of prometheus.WriteRequest or io.prometheus.write.v2.Request.`);
  }
  if (encodedAs.trim().toLowerCase() !== encoding) throw unsupported(`Content-Encoding must be ${encoding}.`);
  return version;
}

const unsupported = (message: string) => new ApiError(415, { code: 'unsupported_media_type', message });
