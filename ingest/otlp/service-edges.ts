import type { ServiceEdge } from '../../schemas/telemetry/edge-batch.ts';
import type { SeriesTable } from '../cardinality.ts';
import { SPAN_KIND } from './otlp-model.ts';
import { serviceName } from './resource.ts';
import type { Span } from './span-tree.ts';

const minuteMs = 60_000;
/** Attributes that name the other side of a call, the most telling first. */
const peerAttributes = [
  'peer.service',
  'service.peer.name',
  'server.address',
  'net.peer.name',
  'db.system.name',
  'db.system',
  'messaging.system',
];
/** Stands for the sides that a service calls beyond the number of names that are kept apart. */
export const OTHER_PEERS = 'other';

/**
 * Calls between services by minute. Where both sides are in the request, the called side counts, with its own duration; else the calling
 * side does when it names the other one. Calls within a service are none.
 */
export function edgesOf(spans: readonly Span[], table: SeriesTable<unknown>): ServiceEdge[] {
  const edges = new Map<string, ServiceEdge>();
  for (const span of spans) {
    const { parent, service } = span;
    if (parent !== undefined && parent.service !== service)
      addCall(edges, { caller: parent.service, callee: service }, span);
    if (!isOutgoing(span) || span.children.some((child) => isAnswerTo(child, span))) continue;
    const callee = peerOf(span, table);
    if (callee !== undefined && callee !== service) addCall(edges, { caller: service, callee }, span);
  }
  return [...edges.values()];
}

const isOutgoing = ({ kind }: Span): boolean => kind === SPAN_KIND.client || kind === SPAN_KIND.producer;

/** Whether the call of an outgoing span shows in a child: by the other side, or by the client that the call was made with. */
const isAnswerTo = (child: Span, { service }: Span): boolean =>
  child.service !== service ||
  child.kind === SPAN_KIND.server ||
  child.kind === SPAN_KIND.consumer ||
  isOutgoing(child);

function peerOf({ attributes, service }: Span, table: SeriesTable<unknown>): string | undefined {
  const given = peerAttributes.map((name) => attributes[name]).find((value) => value !== undefined && value !== '');
  if (given === undefined) return undefined;
  const name = serviceName(given);
  return table.mayRoll(table.series(service, 'calls'), 'callee', name) ? name : OTHER_PEERS;
}

function addCall(
  edges: Map<string, ServiceEdge>,
  { caller, callee }: Pick<ServiceEdge, 'caller' | 'callee'>,
  { startAt, endAt, isError }: Span,
): void {
  const at = startAt - (startAt % minuteMs);
  const key = JSON.stringify([caller, callee, at]);
  const edge = edges.get(key) ?? { caller, callee, at, calls: 0, errors: 0, durationMs: 0 };
  edge.calls += 1;
  edge.errors += isError ? 1 : 0;
  edge.durationMs += endAt - startAt;
  edges.set(key, edge);
}
