import type { BrokerAccount, BrokerError } from "@x/broker-contract";
import { type CallFacts, callError } from "./call-facts.js";

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Older names of the public cloud's host, which Microsoft's client replaces. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["login.windows.net", "login.microsoftonline.com"],
  ["sts.windows.net", "login.microsoftonline.com"],
]);

/** A host of sign-in by its present name. */
export function presentHost(host: string): string {
  return aliases.get(host) ?? host;
}

/** An authority the broker can be sent to. */
export interface Authority {
  /** Absolute URL without a trailing slash. */
  readonly url: string;
  readonly host: string;
  /** The tenant's id, where the authority names it by its GUID. */
  readonly tenantId?: string;
}

/**
 * Checks an authority and writes it as Microsoft's client does: `https`, the host's preferred name, no trailing
 * slash; for an account, its own tenant in place of `common` and `organizations`. A tenant's domain name is
 * passed on as it is.
 * @throws BrokerError `invalid_request` for what is no authority, `untrusted_authority` for one of a kind that
 * brokers do not sign in to (Azure AD B2C, AD FS, external ids; personal accounts unless `personalAccounts` is set)
 */
export function resolveAuthority(
  text: string,
  account: BrokerAccount | undefined,
  facts: CallFacts,
  { personalAccounts = false }: { readonly personalAccounts?: boolean } = {},
): Authority {
  if (typeof text !== "string") throw new TypeError("authority must be a string.");
  const read = readAuthority(text);
  if (read === undefined) throw notAnAuthority(facts);
  const { host, tenant, kind } = read;
  if (kind !== undefined && !(personalAccounts && kind.reason === consumers.reason)) {
    throw callError("untrusted_authority", facts, {
      reason: kind.reason,
      message: `The broker does not sign in to ${kind.name}.`,
      hint: "Use https://login.microsoftonline.com/<tenant id> (or your cloud's host) for work and school accounts, or sign in without the broker.",
    });
  }
  const anyTenant = /^(?:common|organizations)$/i.test(tenant);
  const actual = anyTenant && account !== undefined ? account.tenantId : tenant;
  const url = `https://${host}/${actual}`;
  return guid.test(actual) ? { url, host, tenantId: actual } : { url, host };
}

/** What an authority's text says. */
interface ReadAuthority {
  readonly host: string;
  readonly tenant: string;
  /** What kind it is of that brokers do not sign in to. */
  readonly kind: ForeignKind | undefined;
}

/** An app asks the same few authorities again and again. */
const known = new Map<string, ReadAuthority>();
const mostKnown = 50;

function readAuthority(text: string): ReadAuthority | undefined {
  const before = known.get(text);
  if (before !== undefined || !URL.canParse(text)) return before;
  const url = new URL(text);
  const segments = url.pathname.split("/").filter((segment) => segment !== "");
  const tenant = segments[0];
  if ((url.protocol !== "https:" && url.protocol !== "http:") || tenant === undefined) return undefined;
  const read = { host: presentHost(url.host), tenant, kind: foreignKind(url.hostname, segments) };
  if (known.size >= mostKnown) known.clear();
  known.set(text, read);
  return read;
}

interface ForeignKind {
  readonly name: string;
  readonly reason: string;
}

function foreignKind(hostname: string, segments: readonly string[]): ForeignKind | undefined {
  const first = segments[0]?.toLowerCase();
  const policy = segments.some((segment) => /^b2c_1/i.test(segment));
  if (hostname.endsWith(".b2clogin.com") || first === "tfp" || policy) {
    return { name: "Azure AD B2C", reason: "b2c_authority" };
  }
  if (hostname.endsWith(".ciamlogin.com")) {
    return { name: "Microsoft Entra External ID", reason: "ciam_authority" };
  }
  if (first === "adfs") return { name: "AD FS", reason: "adfs_authority" };
  return first === "consumers" ? consumers : undefined;
}

const consumers: ForeignKind = {
  name: "personal accounts (consumers)",
  reason: "consumers_authority",
};

function notAnAuthority(facts: CallFacts): BrokerError {
  return callError("invalid_request", facts, {
    reason: "invalid_authority",
    message: "The authority is not an absolute URL with a tenant.",
    hint: "Write it as https://login.microsoftonline.com/<tenant id>, or with organizations or common for the tenant.",
  });
}
