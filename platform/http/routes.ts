import type { FastifyContextConfig, FastifyInstance, RouteOptions } from 'fastify';

export interface RouteSummary {
  methods: readonly string[];
  /** Pattern such as /api/v1/keys/:keyId. */
  url: string;
  readonly config: FastifyContextConfig;
}

declare module 'fastify' {
  interface FastifyInstance {
    registeredRoutes: readonly RouteSummary[];
  }
}

/** Keeps a list of the routes and refuses to start when one of them does not say who may call it. */
export function collectRoutes(app: FastifyInstance): readonly RouteSummary[] {
  const routes: RouteSummary[] = [];
  app.decorate('registeredRoutes', routes);
  app.addHook('onRoute', (route) => {
    routes.push(summaryOf(route));
  });
  app.addHook('onReady', async () => {
    const open = routes.find(({ config }) => config.permission === undefined);
    if (open !== undefined)
      throw new Error(`route ${open.methods.join(',')} ${open.url} does not declare config.permission`);
  });
  return routes;
}

/** All routes of the server with what they declare: for tests that walk them. */
export const routesOf = (app: FastifyInstance): readonly RouteSummary[] => app.registeredRoutes;

/** A function that tells which methods some route takes at the path of a URL; none when no route is there. Wildcard routes do not count. */
export function createMethodTable(routes: readonly RouteSummary[]): (url: string) => string[] {
  let patterns: { pattern: RegExp; methods: readonly string[] }[] | undefined;
  return (url) => {
    patterns ??= routes.filter((route) => !route.url.includes('*')).map(toPattern);
    const path = url.split(/[?#]/, 1)[0] ?? '';
    const methods = patterns.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  };
}

// Fastify lets plugins of an inner scope complete `config` after this hook, so it is read late.
function summaryOf(route: RouteOptions): RouteSummary {
  return {
    methods: [route.method].flat(),
    url: route.url,
    get config() {
      return route.config ?? {};
    },
  };
}

function toPattern({ url, methods }: RouteSummary) {
  const segments = url.split('/').map((segment) => (segment.includes(':') ? '[^/]+' : escapePattern(segment)));
  return { pattern: new RegExp(`^${segments.join('/')}$`), methods };
}

const escapePattern = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
