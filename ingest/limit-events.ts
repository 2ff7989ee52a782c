import type { EventUsage } from '../platform/limits/event-usage.ts';
import type { EventBatch } from '../schemas/events/event-batch.ts';
import type { Destination, Ingestor, IngestRequest, Render } from './ingestor.ts';

/** The same ingestor, its events counted on the month of their tenant: ApiError 403 when the tenant's plan does not allow a batch. */
export function limitEvents(ingestor: Ingestor, usage: EventUsage): Ingestor {
  return {
    resolve: (request) => ingestor.resolve(request),
    async store<Body>(request: IngestRequest, destination: Destination, render: Render<Body>) {
      const { tenant } = destination;
      await usage.load(tenant);
      let taken = 0;
      const counting: Render<Body> = (batch: EventBatch, owner) => {
        usage.take(tenant, batch.events.length);
        taken = batch.events.length;
        return render(batch, owner);
      };
      try {
        return await ingestor.store(request, destination, counting);
      } catch (error) {
        usage.giveBack(tenant, taken);
        throw error;
      }
    },
  };
}
