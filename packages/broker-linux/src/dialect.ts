import type { BrokerPlatform } from "@x/broker-contract";
import { brokerRedirectUri } from "./protocol.js";

/** What of the protocol depends on the broker a request goes to. */
export interface BrokerDialect {
  readonly platform: BrokerPlatform;
  /** The redirect URI this broker expects of an app. */
  redirectUri(clientId: string): string;
  /** The method that takes an account off, or `signOutSilently`, which does so for one app. */
  readonly signOutMethod: "removeAccount" | "signOutSilently";
  /** Whether a request may carry an access token: not where other programs can read requests. */
  readonly carriesAccessTokens: boolean;
  /** Whether it is a broker of this session: it can be asked for its version, cookies and signed requests. */
  readonly isLocal: boolean;
}

/** The broker of this Linux session, over D-Bus. */
export const linuxDialect: BrokerDialect = {
  platform: "linux",
  redirectUri: () => brokerRedirectUri,
  signOutMethod: "removeAccount",
  carriesAccessTokens: true,
  isLocal: true,
};

/**
 * Windows' broker, through WSL's proxy. Its methods were captured from Microsoft's client, which never asks it for
 * a version, for cookies or for signed requests. Redirect URI: Microsoft's documentation of the WSL broker.
 */
export const windowsDialect: BrokerDialect = {
  platform: "wsl",
  redirectUri: (clientId) => `ms-appx-web://Microsoft.AAD.BrokerPlugin/${clientId}`,
  signOutMethod: "signOutSilently",
  carriesAccessTokens: false,
  isLocal: false,
};
