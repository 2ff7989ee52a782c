import { unavailable } from '../errors.ts';
import type { Sql } from '../postgres.ts';
import { randomBase62 } from './keys.ts';
import type { Directory, Tenant } from './tenancy.ts';

/** The organization of telemetry that names none. */
export const DEFAULT_ORGANIZATION = {
  code: 'DEFAULT',
  slug: 'default',
  name: 'Default organization',
  plan: 'free',
} as const;

const idLength = 12;
const retentionDays = 365;

export interface DefaultOrganizationOptions {
  sql: Sql;
  directory: Directory;
}

/** A function that resolves to the default organization, which it creates when it is first needed. ApiError 503 when it cannot be. */
export function createDefaultOrganization({ sql, directory }: DefaultOrganizationOptions): () => Promise<Tenant> {
  return async () => {
    const known = await directory.tenant(DEFAULT_ORGANIZATION.code);
    if (known !== undefined) return known;
    await insert(sql);
    await directory.caughtUp();
    const created = await directory.tenant(DEFAULT_ORGANIZATION.code);
    if (created === undefined) throw unavailable('The default organization cannot be found.');
    return created;
  };
}

// The number is drawn first because the shard follows it, as for every tenant.
const insert = (sql: Sql) => sql`
  INSERT INTO tenants (id, number, code, slug, name, plan, data_retention_days, shard, created_at)
  SELECT ${`org_${randomBase62(idLength)}`}, next::integer, ${DEFAULT_ORGANIZATION.code}, ${DEFAULT_ORGANIZATION.slug},
         ${DEFAULT_ORGANIZATION.name}, ${DEFAULT_ORGANIZATION.plan}, ${retentionDays}, next::integer, now()
  FROM nextval(pg_get_serial_sequence('tenants', 'number')) AS next
  ON CONFLICT DO NOTHING`;
