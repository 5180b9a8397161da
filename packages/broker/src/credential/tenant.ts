import { CredentialUnavailableError } from "./errors.js";
import { sameId } from "./ids.js";

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a tenant is named by its id, as opposed to a domain or `organizations`. */
export function isTenantGuid(tenantId: string): boolean {
  return guid.test(tenantId);
}

/** Refuses what cannot be a tenant id or domain; it becomes part of a URL. */
export function readTenantId(value: unknown, what: string): string {
  if (typeof value !== "string")
    throw new TypeError(`${what} must be a tenant id or domain as a string, got ${typeof value}.`);
  if (!/^[0-9A-Za-z.-]+$/.test(value) || /^\.+$/.test(value))
    throw new TypeError(
      `${what} is not a tenant id: expected a GUID, a domain such as "contoso.onmicrosoft.com", or "organizations". ` +
        "You find your tenant id at https://learn.microsoft.com/partner-center/find-ids-and-domain-names.",
    );
  return value;
}

/** Which tenants a credential may ask. */
export interface TenantRules {
  /** The tenant of a call that names none. */
  readonly defaultTenantId: string;
  /** Whether the app chose `defaultTenantId`: only then are other tenants restricted. */
  readonly restricted: boolean;
  /** Lower-case tenants a call may name beside the default one; `"*"` for any. */
  readonly additionallyAllowed: ReadonlySet<string>;
}

/**
 * The tenant of one call, by the rules of the Azure SDK.
 * @throws CredentialUnavailableError when the credential is not configured for the tenant.
 */
export function resolveTenant(rules: TenantRules, requested: unknown): string {
  if (requested === undefined) return rules.defaultTenantId;
  const tenantId = readTenantId(requested, 'The option "tenantId" of getToken()');
  if (sameId(tenantId, rules.defaultTenantId)) return rules.defaultTenantId;
  if (rules.defaultTenantId === "adfs" || isMultitenantAuthDisabled()) return rules.defaultTenantId;
  if (
    rules.restricted &&
    !rules.additionallyAllowed.has("*") &&
    !rules.additionallyAllowed.has(tenantId.toLowerCase())
  )
    throw new CredentialUnavailableError(
      `The current credential is not configured to acquire tokens for tenant ${tenantId}. To enable acquiring tokens ` +
        "for this tenant add it to the option additionallyAllowedTenants, " +
        'or add "*" to additionallyAllowedTenants to allow acquiring tokens for any tenant.',
    );
  return tenantId;
}

function isMultitenantAuthDisabled(): boolean {
  const value = process.env["AZURE_IDENTITY_DISABLE_MULTITENANTAUTH"];
  return value !== undefined && value !== "";
}
