import { type EmulatedTenant, issuerOf } from "../tenant/emulated-tenant.js";

/** The endpoints a discovery document names. */
export interface Endpoints {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly device_authorization_endpoint?: string;
  readonly end_session_endpoint?: string;
}

const documentPath = /^\/([^/?]+)(\/v2\.0)?\/\.well-known\/openid-configuration\/?(?:\?.*)?$/;
const keySetPath = /^\/[^/?]+\/discovery\/(?:v2\.0\/)?keys\/?(?:\?.*)?$/;
const manyTenants: ReadonlySet<string> = new Set(["common", "organizations"]);

/**
 * A tenant's key set, or its OpenID discovery document.
 * @param base Origin that the documents are published at.
 * @param endpointsOf Where the tenant of that name signs people in.
 */
export function publishedDocument(
  path: string,
  base: string,
  tenant: EmulatedTenant,
  endpointsOf: (tenantId: string) => Endpoints,
): unknown {
  if (keySetPath.test(path)) return tenant.keySet();
  const [isDocument, segment = "", v2] = documentPath.exec(path) ?? [];
  if (isDocument === undefined) return undefined;
  const named = segment.toLowerCase();
  const isOwn = manyTenants.has(named) || named === tenant.domain.toLowerCase();
  const tenantId = isOwn ? tenant.tenantId : named;
  if (!tenant.knownTenants().has(tenantId)) return undefined;
  const version = v2 === undefined ? 1 : 2;
  return {
    issuer: issuerOf(tenantId, version),
    jwks_uri: `${base}/${tenantId}/discovery/v2.0/keys`,
    ...endpointsOf(manyTenants.has(named) ? named : tenantId),
    response_types_supported: ["code", "id_token"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    emulated: "@x/broker-emulator",
  };
}
