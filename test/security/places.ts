import { type Draft, type Operation, stringPathsOf, withValueAt } from './operations.ts';

/** Somewhere in a request where a text may stand. */
export interface Place {
  name: string;
  put(value: string): Draft;
}

/** Headers and query parameters that any route is asked with, whether it knows them or not. */
const alsoHeaders = ['x-organization-id', 'idempotency-key', 'x-request-id'];
const alsoAsked = ['orgCode', 'tenant', 'cursor', 'page_token', 'pageToken'];

/** Every place of an operation's requests: path, query, headers, and each string of the body. */
export function placesOf(operation: Operation, draft: Draft): Place[] {
  const inQuery = (name: string) => ({
    name: `query ${name}`,
    put: (value: string): Draft => ({
      ...draft,
      query: [...draft.query.filter(([other]) => other !== name), [name, value]],
    }),
  });
  const inHeader = (name: string) => ({
    name: `header ${name}`,
    put: (value: string): Draft => ({ ...draft, headers: { ...draft.headers, [name]: value } }),
  });
  const inPath = (name: string) => ({
    name: `path ${name}`,
    put: (value: string): Draft => ({ ...draft, pathValues: { ...draft.pathValues, [name]: value } }),
  });
  const named = operation.parameters.map(({ name, in: where }) => {
    if (where === 'header') return inHeader(name);
    return where === 'query' ? inQuery(name) : inPath(name);
  });
  const inBody = stringPathsOf(operation.body ?? {}).map((path) => ({
    name: `body ${path.join('.')}`,
    put: (value: string): Draft => ({ ...draft, body: withValueAt(draft.body, path, value) }),
  }));
  const places = [...named, ...inBody, ...alsoHeaders.map(inHeader), ...alsoAsked.map(inQuery)];
  return [...new Map(places.map((place) => [place.name, place])).values()];
}
