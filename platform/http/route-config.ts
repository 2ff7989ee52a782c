import type {} from 'fastify';
import type { Permission, Principal } from '../tenancy/tenancy.ts';

/** The API families: they share one domain and differ in error envelope, credential header, pagination and names. */
export type Family = 'M' | 'S' | 'T' | 'A' | 'O';

/** Requests are limited per credential and category. */
export type RateCategory = 'ingest' | 'query' | 'admin';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Who may call the route. Deny by default: a route without it does not start. `public` needs no credential, `credential` any valid one;
     * `forwarded` is checked by the tier that serves it.
     */
    permission?: Permission | 'credential' | 'public' | 'forwarded';
    /** Error envelope of the route; by the prefix of its URL when absent. */
    family?: Family;
    /** Budget the route draws on; by permission and method when absent. `unlimited`: never a 429 for who has a credential. */
    rateCategory?: RateCategory | 'unlimited';
    /** Also for callers without a credential, where the server lets them in (see keyless.ts). */
    keyless?: boolean;
    /** Ours beyond the reference documents: marked so in the OpenAPI document. */
    extension?: boolean;
  }
  interface FastifyRequest {
    /** Set before the handler of every route that is neither public nor forwarded. */
    principal: Principal;
  }
}
