import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../../platform/config.ts';
import { forbidden, unauthorized, unavailable } from '../../platform/errors.ts';
import { authenticate, checkPermission, presentedCredential } from '../../platform/http/auth.ts';
import { type PeerSeals, peerOf } from '../../platform/http/forwarded-peer.ts';
import { resolveTenant } from '../../platform/http/tenant-scope.ts';
import type { Directory, Tenant } from '../../platform/tenancy/tenancy.ts';

export type SenderConfig = Pick<Config, 'webhookToken' | 'webhookCidrs' | 'webhookTenant'>;

export interface SendersOptions {
  directory: Directory;
  config: SenderConfig;
  /** Of alerts that name no organization while none is configured for them; absent: nobody. */
  defaultOrganization?: (() => Promise<Tenant>) | undefined;
  /** How another tier tells from whom a request came; absent: the peer is whoever is connected. */
  seals?: PeerSeals | undefined;
}

/** Who may post alerts, and for whom. */
export interface AlertSenders {
  /**
   * The tenant the alerts of a request belong to. `named` is the one its path names, by any of its ids. ApiError 401 for a sender that may
   * not post, 403 for a tenant it may not post for, 503 while that is not known.
   */
  tenantOf(request: FastifyRequest, named: string | undefined): Promise<Tenant>;
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

export function createAlertSenders(options: SendersOptions): AlertSenders {
  const { webhookToken, webhookCidrs } = options.config;
  const isNear = createNetworks(webhookCidrs ?? LOOPBACK);
  const isToken = (credential: string) => webhookToken !== undefined && isEqual(credential, webhookToken);
  const peerOfRequest = (request: FastifyRequest) => options.seals?.open(request) ?? peerOf(request);

  const withoutCredential = async (request: FastifyRequest, named: string | undefined): Promise<Tenant> => {
    const peer = peerOfRequest(request);
    // Behind a proxy on this host everybody would be near.
    const isTrusted = isNear(peer.address) && (webhookCidrs !== undefined || !peer.isProxied);
    if (named !== undefined || webhookToken !== undefined || !isTrusted) throw unauthorized(howToPost);
    return ownTenant(options);
  };
  const withToken = async (request: FastifyRequest, named: string | undefined): Promise<Tenant> => {
    const isElsewhere = webhookCidrs !== undefined && !isNear(peerOfRequest(request).address);
    if (isElsewhere) throw forbidden('Alerts are not taken from this address.');
    return named === undefined ? ownTenant(options) : tenantOfPath(options.directory, named);
  };
  return {
    async tenantOf(request, named) {
      const credential = presentedCredential(request.headers);
      if (credential === undefined) return withoutCredential(request, named);
      return isToken(credential) ? withToken(request, named) : tenantOfKey(options, request, named);
    },
  };
}

const howToPost = 'Alerts are taken from this address with a key or the webhook token only.';

async function tenantOfKey(
  { directory, config }: SendersOptions,
  request: FastifyRequest,
  named: string | undefined,
): Promise<Tenant> {
  request.principal = await authenticate(request, directory);
  checkPermission(request, 'ingest');
  const { principal } = request;
  const [only, ...others] = await directory.tenants(principal.tenants);
  const reference = named ?? (others.length === 0 ? only?.id : config.webhookTenant);
  if (reference === undefined) throw forbidden(nameOne);
  return resolveTenant({ directory, principal, reference, purpose: 'write' });
}

const nameOne = 'API key spans several organizations: name one in the path, /t/{organization}/api/v1/alerts/webhook.';

async function tenantOfPath(directory: Directory, named: string): Promise<Tenant> {
  const tenant = await directory.tenant(named);
  if (tenant === undefined) throw forbidden('There is no such organization.');
  return active(tenant);
}

// Alertmanager repeats what is answered with 503, so nothing is lost until the operator has set it right.
async function ownTenant({ directory, config, defaultOrganization }: SendersOptions): Promise<Tenant> {
  const { webhookTenant } = config;
  const tenant = webhookTenant === undefined ? await defaultOrganization?.() : await directory.tenant(webhookTenant);
  if (tenant === undefined) throw unavailable('TIDEMARK_WEBHOOK_TENANT names no organization.');
  return active(tenant);
}

function active(tenant: Tenant): Tenant {
  if (tenant.status === 'suspended') throw forbidden('The organization is suspended.');
  return tenant;
}

function createNetworks(cidrs: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', bits = ''] = cidr.split('/');
    list.addSubnet(network, Number(bits), familyOf(network));
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

// Digests of equal length: neither content nor length of the token shows in the time this takes.
const isEqual = (one: string, other: string): boolean => timingSafeEqual(digestOf(one), digestOf(other));
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
