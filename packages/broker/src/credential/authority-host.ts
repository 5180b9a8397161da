/** The authority hosts of Azure's clouds, for the option `authorityHost`. The values of `@azure/identity`. */
export const AzureAuthorityHosts = {
  AzurePublicCloud: "https://login.microsoftonline.com",
  AzureGovernment: "https://login.microsoftonline.us",
  AzureChina: "https://login.chinacloudapi.cn",
} as const;

const publicCloudHost = "login.microsoftonline.com";
/** Other names of the public cloud's host, as accounts and authentication records carry them. */
const publicCloudAliases = new Set(["login.windows.net", "login.microsoft.com", "sts.windows.net"]);

const environmentVariable = "The environment variable AZURE_AUTHORITY_HOST";

/** Whether the authority host is that of the environment: what it causes should name the variable. */
export function isHostOfEnvironment(
  option: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return option === undefined && (environment["AZURE_AUTHORITY_HOST"] ?? "") !== "";
}

/**
 * The authority host to ask, as an origin without a trailing slash: the option, else `AZURE_AUTHORITY_HOST`,
 * else the record's host, else the public cloud.
 */
export function resolveAuthorityHost(
  option: unknown,
  recordHost: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (option !== undefined) return readAuthorityHost(option, 'The option "authorityHost"');
  const fromEnvironment = environment["AZURE_AUTHORITY_HOST"];
  if (fromEnvironment !== undefined && fromEnvironment !== "")
    return readAuthorityHost(fromEnvironment, environmentVariable);
  if (recordHost !== undefined) {
    const { host } = new URL(readAuthorityHost(recordHost, "The authority of the authentication record"));
    return `https://${canonicalHost(host)}`;
  }
  return AzureAuthorityHosts.AzurePublicCloud;
}

/** The host a cloud is usually called by, for one of its names. */
export function canonicalHost(host: string): string {
  return publicCloudAliases.has(host.toLowerCase()) ? publicCloudHost : host;
}

/** Reads a host, with or without its scheme, as an origin. */
export function readAuthorityHost(value: unknown, what: string): string {
  const expected = `expected an https URL such as "${AzureAuthorityHosts.AzurePublicCloud}"`;
  if (typeof value !== "string")
    throw new TypeError(`${what} must be a string: ${expected}, got ${typeof value}.`);
  // Python's records and AZURE_AUTHORITY_HOST hold a host without a scheme.
  const text = value.includes("://") ? value : `https://${value}`;
  if (!URL.canParse(text)) throw new TypeError(`${what} is not a URL: ${expected}.`);
  const url = new URL(text);
  // One word is no host of a cloud, though a URL could be made of it.
  if (!/[.:]|^localhost$/.test(url.hostname)) throw new TypeError(`${what} is not a host: ${expected}.`);
  if (url.protocol !== "https:")
    throw new TypeError(`${what} must use https, not ${url.protocol.slice(0, -1)}: ${expected}.`);
  if (
    url.username !== "" ||
    url.password !== "" ||
    url.search !== "" ||
    url.hash !== "" ||
    url.pathname !== "/"
  )
    throw new TypeError(
      `${what} must hold a host and nothing else: ${expected}. The tenant goes into the option "tenantId".`,
    );
  return url.origin;
}
