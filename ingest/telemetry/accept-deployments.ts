import type { IncomingDeployment } from '../../schemas/api/telemetry.ts';
import type { Deployment } from '../../schemas/telemetry/deployment-batch.ts';
import { type AcceptContext, type Accepted, acceptAll, serviceOf, startRun, textOf, timeOf } from './accept-item.ts';
import { metadataOf } from './accept-metadata.ts';

/** The deployments of one request as they go into the log. Their shape has been checked against IncomingDeploymentSchema, or will be refused by it. */
export function acceptDeployments(
  deployments: readonly IncomingDeployment[],
  context: AcceptContext,
): Accepted<Deployment> {
  const run = startRun(context);
  return acceptAll(run, deployments, ({ service, version, environment, gitHash, timestamp, metadata }) => ({
    id: context.ids.at(run.index),
    service: serviceOf(run, service),
    version,
    environment,
    gitHash: textOf(gitHash),
    at: timeOf(run, timestamp),
    metadata: metadataOf(run, metadata),
  }));
}
