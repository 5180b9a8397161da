// The drop-in for msal-node over the other brokers that there are, and were.
import { PublicClientApplication } from "@azure/msal-node";
import { NativeBrokerPlugin } from "@x/broker/msal-node";
import type { BrokerGeneration } from "@x/broker-emulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientId, type DropInStage, scopes, startDropInStage } from "./drop-in-stage.js";

const generations: readonly BrokerGeneration[] = ["2.0.1", "2.5.2", "himmelblau"];

describe.each(generations)("over %s", (generation) => {
  let stage: DropInStage;
  let app: PublicClientApplication;
  beforeAll(async () => {
    stage = await startDropInStage({ generation });
    stage.tenant.removeAccount(stage.bob.homeAccountId);
    const nativeBrokerPlugin = await NativeBrokerPlugin.create();
    expect(nativeBrokerPlugin.isBrokerAvailable).toBe(true);
    app = new PublicClientApplication({
      auth: { clientId, authority: stage.authority },
      broker: { nativeBrokerPlugin },
    });
  });
  afterAll(() => stage?.stop());

  const openBrowser = async () => {
    throw new Error("msal-node wanted to open a browser.");
  };

  it("signs in, and gets a token for who is signed in", async () => {
    const { account } = await app.acquireTokenInteractive({ scopes, openBrowser });
    if (account === null) throw new Error("There is no account.");
    const result = await app.acquireTokenSilent({ scopes, account });
    expect(stage.tenant.verify(result.accessToken)).toMatchObject({ oid: stage.ada.localAccountId });
    expect(result).toMatchObject({
      uniqueId: stage.ada.localAccountId,
      account: { username: "ada@contoso.example", nativeAccountId: stage.ada.localAccountId },
      idTokenClaims: { tid: stage.tenant.tenantId },
    });
  });

  it("lists who is signed in, and signs out where the broker lets apps do that", async () => {
    const [account] = await app.getAllAccounts();
    if (account === undefined) throw new Error("Nobody is listed.");
    const signedOut = app.signOut({ account });
    if (generation === "himmelblau")
      await expect(signedOut).rejects.toMatchObject({
        errorCode: "platform_broker_error",
        cause: { code: "not_supported" },
      });
    else await signedOut;
  });
});
