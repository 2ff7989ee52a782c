/** How long an entry is believed on its own: with the time of a query below the promised second. */
export const unconfirmedLifeMs = 800;
/** How long one beat of the notifications vouches for the entries. */
export const confirmedForMs = 800;
/** How long an entry lives while notifications are confirmed: bounds the damage of a change that notifies nobody. */
export const confirmedLifeMs = 30_000;
/** How long an entry stays in force when PostgreSQL is away. */
export const staleLifeMs = 60_000;
/** How long a request waits for PostgreSQL. */
export const loadDeadlineMs = 1_000;
/** Pause between two attempts while PostgreSQL is away. */
export const retryPauseMs = 250;
/** Look-ups in flight of one cache; more are refused as unavailable. */
export const maxLoads = 1_000;

export const maxCachedKeys = 10_000;
export const maxCachedTenantReferences = 20_000;
/** No name of a tenant is longer: a cache of unknown names must not hold bodies full of text. */
export const maxTenantReferenceLength = 64;
export const maxCachedCatalogs = 5_000;
