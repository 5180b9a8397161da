import type {
  ExtensionAnswer,
  ExtensionCall,
  ExtensionError,
} from "../sso-extension-door/extension-calls.js";
import type { EmulatedTenant } from "../tenant/emulated-tenant.js";
import { unsignedAppRedirectUri } from "../tenant/emulated-tenant.js";

export const clientId = "11111111-2222-4333-8444-555555555555";
export const correlationId = "3506307A-E90F-4916-9ED5-25CF81AE97FC";

type Options = Readonly<Record<string, string | undefined>>;

/** A call of Microsoft's client; a change to `undefined` leaves an option out. */
export function call(
  operation: string,
  options: Options = {},
  changes: Partial<ExtensionCall> = {},
): ExtensionCall {
  const all: Options = { msg_protocol_ver: "4", correlation_id: correlationId, ...options };
  return {
    identityProviderUrl: "https://login.microsoftonline.com/common",
    operation,
    options: Object.entries(all).filter((option): option is [string, string] => option[1] !== undefined),
    userInterfaceEnabled: operation === "login",
    ...changes,
  };
}

/** The options of a token request. */
export function tokenOptions(changes: Options = {}): Options {
  return {
    authority: "https://login.microsoftonline.com/common",
    provider_type: "provider_aad_v2",
    client_id: clientId,
    redirect_uri: unsignedAppRedirectUri,
    scope: "https://graph.microsoft.com/User.Read",
    extra_oidc_scopes: "openid profile offline_access",
    instance_aware: "0",
    ...changes,
  };
}

/** The fields of an answer. Fails if it is an error. */
export function fieldsOf(answer: ExtensionAnswer): Readonly<Record<string, string>> {
  if ("headers" in answer) return answer.headers;
  throw new Error(`It is an error: ${JSON.stringify(answer.error)}`);
}

/** Microsoft's error within Apple's. Fails if it is none. */
export function microsoftErrorOf(answer: ExtensionAnswer): ExtensionError {
  if ("headers" in answer) throw new Error("It is no error.");
  const { domain, code, underlying } = answer.error;
  if (
    domain !== "com.apple.AuthenticationServices.AuthorizationError" ||
    code !== -6000 ||
    underlying === undefined
  )
    throw new Error(`It is no error of Microsoft's: ${JSON.stringify(answer.error)}`);
  return underlying;
}

/** A tenant with one app and one person. */
export function populated(tenant: EmulatedTenant) {
  tenant.registerApp({ clientId });
  return tenant.addAccount({ username: "ada@contoso.example", name: "Ada Lovelace" });
}
