// Judges the emulator's D-Bus door: what Microsoft's own client can do with a real broker, it can do with ours.
import { randomUUID } from "node:crypto";
import {
  calculateJwkThumbprint,
  decodeJwt,
  decodeProtectedHeader,
  importJWK,
  type JWK,
  jwtVerify,
} from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { wireFields } from "../support/wire-fields.js";
import { capturedFields } from "./captured-fields.js";
import type { MsalAccount, MsalResult, RuntimeAccount, RuntimeToken } from "./client-results.js";
import { whyMicrosoftClientCannotRun } from "./requirements.js";
import { type Interop, startInterop } from "./start-interop.js";

const redirectUri = "https://login.microsoftonline.com/common/oauth2/nativeclient";
const graphScopes = ["User.Read"];

describe("Microsoft's own client signs in through the emulator", () => {
  const cannotRun = whyMicrosoftClientCannotRun();
  let interop: Interop;
  let tenant: Interop["tenant"];
  let person: Interop["person"];
  let clientId: string;
  let emulator: Interop["emulator"];
  let microsoft: Interop["microsoft"];

  beforeAll(async () => {
    if (cannotRun !== undefined) {
      console.warn(`Skipped: ${cannotRun}`);
      return;
    }
    interop = await startInterop();
    ({ tenant, person, clientId, emulator, microsoft } = interop);
  });

  afterAll(async () => {
    await interop?.stop();
  });

  beforeEach((ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
    emulator.clearRequests();
  });

  const requestedMethods = () => emulator.requests.map((request) => request.method);

  /** The fields of the only request, which must be `method` in protocol version 0.0 and carry a UUID. */
  const onlyRequest = (method: string) => {
    expect(requestedMethods()).toEqual([method]);
    return lastRequest();
  };
  const lastRequest = () => {
    const request = emulator.requests.at(-1);
    if (request === undefined) throw new Error("The emulator was not asked.");
    expect(request.protocolVersion).toBe("0.0");
    expect(request.correlationId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    return {
      correlationId: request.correlationId,
      fields: wireFields(request.request),
      body: request.request as { authParameters: Record<string, unknown> },
    };
  };

  /** The claims of a Graph token for the person, after its signature was checked with the tenant's key set. */
  const expectGraphToken = async (accessToken: string) => {
    const claims = await tenant.verify(accessToken);
    expect(claims).toMatchObject({
      iss: expect.stringContaining(tenant.tenantId),
      aud: "https://graph.microsoft.com",
      oid: person.localAccountId,
      tid: tenant.tenantId,
      scp: "User.Read",
      emulated: "@x/broker-emulator",
    });
    return claims;
  };

  const expectPerson = (result: MsalResult) => {
    expect(result.fromPlatformBroker).toBe(true);
    expect(result.uniqueId).toBe(person.localAccountId);
    expect(result.tenantId).toBe(tenant.tenantId);
    expect(result.account).toMatchObject({
      homeAccountId: person.homeAccountId,
      localAccountId: person.localAccountId,
      tenantId: tenant.tenantId,
      username: "ada@contoso.example",
      name: "Ada Lovelace",
    });
    expect(result.idTokenClaims).toMatchObject({
      aud: clientId,
      iss: tenant.issuerV2,
      oid: person.localAccountId,
      tid: tenant.tenantId,
      preferred_username: "ada@contoso.example",
      name: "Ada Lovelace",
    });
  };

  /** The account as msal-node knows it, signed in to the client afresh: it remembers who signed out. */
  const signedInAccount = async () => {
    const { account } = await microsoft.call<MsalResult>("acquireTokenInteractive", {
      scopes: graphScopes,
      prompt: "login",
    });
    emulator.clearRequests();
    return account;
  };

  describe("the runtime by itself (@azure/msal-node-runtime)", () => {
    it("finds the broker when it is loaded", async () => {
      expect(await microsoft.call("startup")).toEqual({ startupError: null });
    });

    it("lists the accounts", async () => {
      const accounts = await microsoft.call<RuntimeAccount[]>("discoverAccounts");
      expect(accounts).toEqual([
        {
          accountId: person.localAccountId,
          homeAccountId: person.homeAccountId,
          localAccountId: person.localAccountId,
          environment: "login.microsoftonline.com",
          realm: tenant.tenantId,
          username: "ada@contoso.example",
          displayName: "Ada Lovelace",
        },
      ]);
      expect(onlyRequest("getAccounts").fields).toEqual(capturedFields.getAccounts);
    });

    it("signs in silently", async () => {
      const correlationId = randomUUID();
      const token = await microsoft.call<RuntimeToken>("signInSilently", {
        scopes: graphScopes,
        correlationId,
      });
      const claims = await expectGraphToken(token.accessToken);
      expect(token.isPopAuthorization).toBe(false);
      expect(token.expiresOn).toBe(claims["exp"]);
      expect(token.grantedScopes).toBe("User.Read");
      expect(token.account).toMatchObject({
        homeAccountId: person.homeAccountId,
        username: "ada@contoso.example",
      });
      expect(token.idToken).toMatchObject({ aud: clientId, oid: person.localAccountId });
      expect(requestedMethods()).toEqual(["getAccounts", "acquireTokenSilently"]);
      const { body, fields, correlationId: received } = lastRequest();
      expect(received).toBe(correlationId);
      expect(fields).toEqual(capturedFields.silent);
      expect(body.authParameters).toMatchObject({
        authorizationType: 1,
        clientId,
        redirectUri,
        requestedScopes: graphScopes,
        username: "ada@contoso.example",
        uxContextHandle: -1,
      });
    });

    it("signs in interactively without an account", async () => {
      const token = await microsoft.call<RuntimeToken>("signInInteractively", { scopes: graphScopes });
      await expectGraphToken(token.accessToken);
      expect(token.account.homeAccountId).toBe(person.homeAccountId);
      const { body, fields } = onlyRequest("acquireTokenInteractively");
      expect(fields).toEqual(capturedFields.interactiveWithoutAccount);
      expect(body.authParameters).toMatchObject({ authorizationType: 6, account: null, isSignIn: true });
    });

    it("signs in interactively with an account", async () => {
      const { nativeAccountId: accountId } = await signedInAccount();
      const token = await microsoft.call<RuntimeToken>("acquireTokenInteractively", {
        scopes: graphScopes,
        accountId,
      });
      await expectGraphToken(token.accessToken);
      const { body, fields } = onlyRequest("acquireTokenInteractively");
      expect(fields).toEqual(capturedFields.interactiveWithAccount);
      expect(body.authParameters["account"]).toMatchObject({ homeAccountId: person.homeAccountId });
    });

    it("gets a proof-of-possession token", async () => {
      const { nativeAccountId: accountId } = await signedInAccount();
      const token = await microsoft.call<RuntimeToken>("acquireTokenSilently", {
        scopes: graphScopes,
        accountId,
        pop: { method: "POST", host: "api.contoso.example:8443", path: "/v1/things", nonce: "nonce-1" },
      });
      expect(token.isPopAuthorization).toBe(true);
      const [scheme, signedRequest = ""] = token.authorizationHeader.split(" ");
      expect(scheme).toBe("pop");
      await expectSignedRequest(signedRequest, {
        m: "POST",
        u: "api.contoso.example:8443",
        p: "/v1/things",
        nonce: "nonce-1",
      });
    });

    it("signs out, which makes no call at the broker", async () => {
      const { nativeAccountId: accountId } = await signedInAccount();
      await microsoft.call("signOutSilently", { accountId });
      expect(requestedMethods()).toEqual([]);
    });
  });

  describe("msal-node with the broker plugin (@azure/msal-node, @azure/msal-node-extensions)", () => {
    it("lists the accounts", async () => {
      const accounts = await microsoft.call<MsalAccount[]>("getAllAccounts");
      expect(accounts).toHaveLength(1);
      expect(accounts[0]).toMatchObject({
        homeAccountId: person.homeAccountId,
        localAccountId: person.localAccountId,
        nativeAccountId: person.localAccountId,
        tenantId: tenant.tenantId,
        environment: "login.microsoftonline.com",
        username: "ada@contoso.example",
        name: "Ada Lovelace",
      });
      expect(onlyRequest("getAccounts").fields).toEqual(capturedFields.getAccounts);
    });

    it("gets a token silently for an account", async () => {
      const account = await signedInAccount();
      const correlationId = randomUUID();
      // A scope nobody asked for yet, so that the client's own cache has nothing to answer with.
      const scopes = ["https://storage.azure.com/user_impersonation"];
      const result = await microsoft.call<MsalResult>("acquireTokenSilent", {
        account,
        scopes,
        correlationId,
      });
      expectPerson(result);
      expect(result.tokenType).toBe("Bearer");
      expect(result.scopes).toEqual(scopes);
      const claims = await tenant.verify(result.accessToken);
      expect(claims).toMatchObject({
        iss: tenant.issuerV1,
        aud: "https://storage.azure.com",
        scp: "user_impersonation",
        ver: "1.0",
      });
      expect(Date.parse(result.expiresOn)).toBe(Number(claims["exp"]) * 1000);
      const request = onlyRequest("acquireTokenSilently");
      expect(request.correlationId).toBe(correlationId);
      expect(request.fields).toEqual(capturedFields.silent);
      expect(request.body.authParameters["requestedScopes"]).toEqual(scopes);
    });

    it("signs in with no prompt and no account: silently, as it can", async () => {
      const result = await microsoft.call<MsalResult>("acquireTokenInteractive", { scopes: graphScopes });
      expectPerson(result);
      await expectGraphToken(result.accessToken);
      expect(requestedMethods()).toEqual(["getAccounts", "acquireTokenSilently"]);
      expect(lastRequest().fields).toEqual(capturedFields.silentSignIn);
    });

    it("signs in with no prompt and an account", async () => {
      const account = await signedInAccount();
      const result = await microsoft.call<MsalResult>("acquireTokenInteractive", {
        scopes: graphScopes,
        account,
      });
      expectPerson(result);
      await expectGraphToken(result.accessToken);
      expect(onlyRequest("acquireTokenInteractively").fields).toEqual(capturedFields.interactiveWithAccount);
    });

    it.each(["login", "select_account"])("signs in with prompt %s", async (prompt) => {
      const result = await microsoft.call<MsalResult>("acquireTokenInteractive", {
        scopes: graphScopes,
        prompt,
      });
      expectPerson(result);
      await expectGraphToken(result.accessToken);
      expect(onlyRequest("acquireTokenInteractively").fields).toEqual(
        capturedFields.interactiveWithoutAccount,
      );
    });

    it("signs in with a login hint", async () => {
      const result = await microsoft.call<MsalResult>("acquireTokenInteractive", {
        scopes: graphScopes,
        loginHint: "ada@contoso.example",
      });
      expectPerson(result);
      expect(emulator.requests[0]?.method).toBe("acquireTokenSilently");
      expect(wireFields(emulator.requests[0]?.request)).toEqual(capturedFields.silentSignInWithHint);
    });

    it("goes from silent to interactive when the tenant wants the user", async () => {
      const policy = tenant.addPolicy({ clientId }, { kind: "interaction_required" });
      const dialogs = tenant.user.dialogs.length;
      const result = await microsoft.call<MsalResult>("acquireTokenInteractive", { scopes: graphScopes });
      policy.remove();
      expectPerson(result);
      await expectGraphToken(result.accessToken);
      expect(requestedMethods()).toEqual([
        "getAccounts",
        "acquireTokenSilently",
        "acquireTokenInteractively",
      ]);
      expect(tenant.user.dialogs.length).toBe(dialogs + 1);
    });

    it("gets a proof-of-possession token silently", async () => {
      const account = await signedInAccount();
      const result = await microsoft.call<MsalResult>("acquireTokenSilent", {
        account,
        scopes: graphScopes,
        authenticationScheme: "pop",
        resourceRequestMethod: "GET",
        resourceRequestUri: "https://graph.microsoft.com/v1.0/me?$select=id",
        shrNonce: "nonce-2",
      });
      expect(result.tokenType).toBe("pop");
      expectPerson(result);
      await expectSignedRequest(result.accessToken, {
        m: "GET",
        u: "graph.microsoft.com",
        p: "/v1.0/me",
        nonce: "nonce-2",
      });
      const { fields, body } = onlyRequest("acquireTokenSilently");
      expect(fields).toEqual(capturedFields.silentPop);
      expect(body.authParameters["popParams"]).toEqual({
        clientClaims: "",
        homeAccountId: "",
        httpMethod: "GET",
        nonce: "nonce-2",
        uriHost: "graph.microsoft.com",
        uriPath: "/v1.0/me",
      });
    });

    it("gets a proof-of-possession token interactively", async () => {
      const result = await microsoft.call<MsalResult>("acquireTokenInteractive", {
        scopes: graphScopes,
        prompt: "login",
        authenticationScheme: "pop",
        resourceRequestMethod: "GET",
        resourceRequestUri: "https://graph.microsoft.com/v1.0/me",
        shrNonce: "nonce-3",
      });
      expect(result.tokenType).toBe("pop");
      await expectSignedRequest(result.accessToken, { nonce: "nonce-3" });
      expect(onlyRequest("acquireTokenInteractively").fields).toEqual(
        capturedFields.interactivePopWithoutAccount,
      );
    });

    it("asks for continuous access evaluation and gets a token that says so", async () => {
      const account = await signedInAccount();
      const capabilities = JSON.stringify({ access_token: { xms_cc: { values: ["cp1"] } } });
      const result = await microsoft.call<MsalResult>("acquireTokenSilent", {
        account,
        scopes: graphScopes,
        claims: capabilities,
      });
      const claims = await expectGraphToken(result.accessToken);
      expect(claims["xms_cc"]).toEqual(["CP1"]);
      const { body, fields } = onlyRequest("acquireTokenSilently");
      expect(fields).toEqual(capturedFields.silent);
      expect(body.authParameters["decodedClaims"]).toBe(capabilities);
    });

    it("meets a claims challenge", async () => {
      const account = await signedInAccount();
      const challenge = JSON.stringify({ access_token: { acrs: { essential: true, value: "c1" } } });
      const scopes = ["https://vault.azure.net/user_impersonation"];
      const policy = tenant.addPolicy(
        { resource: "https://vault.azure.net" },
        { kind: "claims_challenge", claims: challenge },
      );
      const refused = await microsoft.callExpectingError("acquireTokenSilent", { account, scopes });
      expect(refused).toMatchObject({
        name: "InteractionRequiredAuthError",
        errorCode: "interaction_required",
      });
      const result = await microsoft.call<MsalResult>("acquireTokenInteractive", {
        account,
        scopes,
        claims: challenge,
      });
      policy.remove();
      expectPerson(result);
      const claims = await tenant.verify(result.accessToken);
      expect(claims["acrs"]).toEqual(["c1"]);
    });

    it.each([
      {
        effect: { kind: "interaction_required" },
        error: { name: "InteractionRequiredAuthError", errorCode: "interaction_required" },
        status: "InteractionRequired",
      },
      {
        effect: { kind: "consent_required" },
        error: { name: "InteractionRequiredAuthError", errorCode: "interaction_required" },
        status: "InteractionRequired",
      },
      {
        effect: { kind: "account_unusable" },
        error: { name: "InteractionRequiredAuthError", errorCode: "interaction_required" },
        status: "AccountUnusable",
      },
      {
        effect: { kind: "no_network" },
        error: { name: "ClientAuthError", errorCode: "no_network_connectivity" },
        status: "NoNetwork",
      },
      {
        effect: { kind: "temporarily_unavailable" },
        error: { name: "ServerError", errorCode: "server_unavailable" },
        status: "ServerTemporarilyUnavailable",
      },
    ] as const)("takes $effect.kind for $error.errorCode", async ({ effect, error, status }) => {
      const account = await signedInAccount();
      const policy = tenant.addPolicy({ clientId, method: "acquireTokenSilently" }, effect);
      const outcome = await microsoft.callExpectingError("acquireTokenSilent", {
        account,
        scopes: [`https://api.contoso.example/${effect.kind}`],
      });
      policy.remove();
      expect(outcome).toMatchObject(error);
      expect(outcome.platformBrokerError?.errorCode).toBe(status);
      onlyRequest("acquireTokenSilently");
    });

    it("hears that the user closed the window", async () => {
      tenant.user.script = [{ kind: "cancels" }];
      const outcome = await microsoft.callExpectingError("acquireTokenInteractive", {
        scopes: graphScopes,
        prompt: "login",
      });
      expect(outcome).toMatchObject({ name: "ClientAuthError", errorCode: "user_canceled" });
      expect(outcome.platformBrokerError?.errorCode).toBe("UserCanceled");
      onlyRequest("acquireTokenInteractively");
    });

    it("signs out on its own: it refuses the account from then on, the broker is not told and still lists it", async () => {
      const account = await signedInAccount();
      await microsoft.call("signOut", { account });
      const refused = await microsoft.callExpectingError("acquireTokenSilent", {
        account,
        scopes: graphScopes,
      });
      expect(refused.platformBrokerError?.errorCode).toBe("AccountUnusable");
      expect(requestedMethods()).toEqual([]);
      const accounts = await microsoft.call<MsalAccount[]>("getAllAccounts");
      expect(accounts.map((listed) => listed.homeAccountId)).toEqual([person.homeAccountId]);
    });
  });

  /** Checks a signed HTTP request as a resource would: outer signature by the key that the inner token names. */
  async function expectSignedRequest(signedRequest: string, expected: Record<string, unknown>) {
    const outer = decodeJwt<{ at: string; cnf: { jwk: JWK } }>(signedRequest);
    const { payload } = await jwtVerify(signedRequest, await importJWK(outer.cnf.jwk, "RS256"));
    expect(payload).toMatchObject(expected);
    const token = await tenant.verify(outer.at);
    const confirmation = token["cnf"] as { kid: string };
    expect(confirmation.kid).toBe(await calculateJwkThumbprint(outer.cnf.jwk));
    expect(decodeProtectedHeader(signedRequest).kid).toBe(confirmation.kid);
    expect(token).toMatchObject({ oid: person.localAccountId, scp: "User.Read" });
  }
});
