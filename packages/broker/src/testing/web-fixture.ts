import { globalAgent } from "node:https";
import { join } from "node:path";
import { EmulatedTenant, startWebTenant, type WebTenant, type WebTenantOptions } from "@x/broker-emulator";
import { afterEach, vi } from "vitest";
import type { InteractiveBrowserBrokerCredentialOptions } from "../credential/options.js";
import { FakeBroker, failure } from "./fake-broker.js";

/** An app of the fixture's tenant that a browser can come back to. */
export const webApp = "11111111-2222-4333-8444-555555555555";

const browser = join(import.meta.dirname, "scripted-browser.mjs");
const running: WebTenant[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  delete globalAgent.options.ca;
  for (const web of running.splice(0)) await web.stop();
});

/** A tenant on the web where the emulated user acts, and a broker that cannot be used. */
export interface WebFixture {
  readonly web: WebTenant;
  readonly tenant: EmulatedTenant;
  readonly broker: FakeBroker;
  /** For a credential that has to fall back, to this tenant. */
  readonly options: InteractiveBrowserBrokerCredentialOptions;
}

/** Starts it, with a browser that opens; all is taken away after the test. */
export async function startWebFixture(options: WebTenantOptions = {}): Promise<WebFixture> {
  const tenant = new EmulatedTenant();
  tenant.registerApp({ clientId: webApp, name: "Ledger", redirectUris: ["http://localhost"] });
  tenant.addAccount({ username: "ada@contoso.example", name: "Ada Lovelace" });
  tenant.addAccount({ username: "bob@contoso.example", name: "Bob Kahn" });
  const web = await startWebTenant({ tenant, attended: false, deviceCodeIntervalInSeconds: 1, ...options });
  running.push(web);
  globalAgent.options.ca = web.certificate;
  vi.stubEnv("NODE_EXTRA_CA_CERTS", web.certificateFile);
  vi.stubEnv("BROWSER", `${process.execPath} ${browser}`);
  const broker = new FakeBroker();
  breakBroker(broker);
  const { authorityHost } = web;
  const credentialOptions = { broker, clientId: webApp, authorityHost, fallback: "browser" as const };
  return { web, tenant, broker, options: credentialOptions };
}

/** Makes a broker fail as one that is not installed. */
export function breakBroker(
  broker: FakeBroker,
  error: Error = failure("broker_unavailable", "not_installed"),
): void {
  broker.onSilent =
    broker.onInteractive =
    broker.onAccounts =
    broker.onSignOut =
      () => {
        throw error;
      };
}

/** Makes it work again. */
export function mendBroker(broker: FakeBroker): void {
  broker.onSilent = broker.onInteractive = broker.onAccounts = broker.onSignOut = () => {};
}

/** Claims of a token, unchecked. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<
    string,
    unknown
  >;
}
