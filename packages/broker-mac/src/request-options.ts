import type { BrokerAccount } from "@x/broker-contract";
import type { CallFacts } from "@x/broker-protocol";
import { protocolVersion } from "./protocol.js";
import { packageVersion } from "./version.js";

/** The options of a request: flat, text alone. */
export type RequestOptions = readonly (readonly [name: string, value: string])[];

/** A request as it is sent. */
export interface ExtensionRequest<O extends string = string> {
  readonly operation: O;
  readonly options: RequestOptions;
}

/** Who asks, in `client_sku`: not one of Microsoft's libraries. */
export const clientSku = "@x/broker-mac";

/** Who asks, in the tenant's telemetry: `library|version,extension|version,…`, five places as in Microsoft's client. */
const sku = `${clientSku}|${packageVersion},|,|,|,|`;

/**
 * The options that every request has, and those given; `undefined` leaves one out. There is no `broker_key`: Microsoft's
 * runtime leaves it out, too, for programs without its keychain group, and protocol version 4 encrypts nothing.
 */
export function requestOptions(
  facts: CallFacts,
  options: Readonly<Record<string, string | undefined>>,
): RequestOptions {
  const all: Record<string, string | undefined> = {
    msg_protocol_ver: protocolVersion,
    client_version: packageVersion,
    correlation_id: facts.correlationId.toUpperCase(),
    "x-client-xtra-sku": sku,
    ...options,
  };
  return Object.entries(all).filter((option): option is [string, string] => option[1] !== undefined);
}

/** A yes or no. */
export function flag(value: boolean): string {
  return value ? "1" : "0";
}

/** How a request names whom it is for: an account, or a user name to start with. */
export function identityOptions(
  account: BrokerAccount | undefined,
  loginHint: string | undefined,
): Readonly<Record<string, string | undefined>> {
  return {
    home_account_id: account?.homeAccountId.trim().toLowerCase(),
    username: account?.username ?? (loginHint || undefined),
  };
}
