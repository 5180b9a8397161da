import { describe, expect, it } from "vitest";
import { answerFields } from "./answer.js";
import {
  appleCodes,
  appSsoCodes,
  type Meaning,
  type MeaningName,
  meanings,
  microsoftCodes,
  oauthErrors,
} from "./error-meanings.js";
import { answerError, appleDomain, chainError } from "./extension-errors.js";
import type { MacFacts } from "./mac-facts.js";
import type { NativeErrorLink } from "./native.js";
import { bundleRedirectUri, unsignedRedirectUri } from "./protocol.js";
import { errorAnswer } from "./testing/protocol/people.js";

const facts: MacFacts = {
  operation: "acquireTokenInteractively",
  platform: "macos",
  correlationId: "9f1c2d3e-0000-4000-8000-00000000000a",
  interactive: true,
  caller: { signingIdentifier: "node" },
  expectedRedirectUri: unsignedRedirectUri,
  redirectUri: unsignedRedirectUri,
  scopes: ["User.Read"],
};

function link(domain: string, code: number, userInfo: Record<string, string> = {}): NativeErrorLink {
  return { domain, code, localizedDescription: "The operation couldn’t be completed.", userInfo };
}
const apple = (code: number) => link(appleDomain, code);
const microsoft = (code: number, userInfo?: Record<string, string>) => [
  apple(-6000),
  link("MSALErrorDomain", code, userInfo),
];
const said = (description: string, more: Record<string, string> = {}) => ({
  MSALErrorDescriptionKey: description,
  ...more,
});
const answered = (fields: Record<string, string>, about: Partial<MacFacts> = {}) =>
  answerError(answerFields({ headers: Object.entries(errorAnswer(fields)) }), { ...facts, ...about });

describe("an NSError of macOS", () => {
  it.each([...appleCodes])("ASAuthorizationError %i is %s", (code, name) => {
    expect(chainError([apple(code)], facts)).toMatchObject({
      code: meanings[name].code,
      native: { errorDomain: appleDomain, errorCode: code },
    });
  });

  it.each<[number, string]>([
    [1000, "broker_unavailable"],
    [1001, "user_canceled"],
    [1002, "protocol_error"],
    [1003, "broker_unavailable"],
    [1004, "broker_unavailable"],
    [1005, "interaction_required"],
    [1006, "broker_failed"],
    [-6000, "protocol_error"],
  ])("%i alone is %s", (code, expected) => {
    expect(chainError([apple(code)], facts).code).toBe(expected);
  });

  it("cancels nothing that nobody could have closed", () => {
    const error = chainError([apple(1001)], { ...facts, interactive: false });
    expect(error).toMatchObject({ code: "temporarily_unavailable", retryable: true });
    expect(chainError(microsoft(-50005), { ...facts, interactive: false }).code).toBe(
      "temporarily_unavailable",
    );
  });

  it.each([...appSsoCodes])("AppSSO %i beneath it is %s", (code, name) => {
    const error = chainError([apple(1000), link("com.apple.AppSSO.AuthorizationError", code)], facts);
    expect(error).toMatchObject({ code: "broker_unavailable", reason: (meanings[name] as Meaning).reason });
    expect(error.native).toEqual({
      errorDomain: "com.apple.AppSSO.AuthorizationError",
      errorCode: code,
      errorChain: `${appleDomain} 1000 > com.apple.AppSSO.AuthorizationError ${code}`,
    });
  });

  it.each([-1001, -1003, -1004, -1009, -1200])("URL error %i anywhere beneath is the network", (code) => {
    for (const above of [[apple(1004)], microsoft(-50000)]) {
      expect(chainError([...above, link("NSURLErrorDomain", code)], facts)).toMatchObject({
        code: "no_network",
        retryable: true,
      });
    }
  });

  it("a request to the tenant that was only cancelled is not the network", () => {
    expect(chainError([apple(1004), link("NSURLErrorDomain", -999)], facts).code).toBe("broker_unavailable");
  });

  it("an empty chain is an error all the same", () => {
    expect(chainError([], facts)).toMatchObject({ code: "broker_failed", native: {} });
  });

  it("a domain that nobody knows is kept", () => {
    expect(chainError([link("some.Domain", 7)], facts)).toMatchObject({
      code: "broker_failed",
      native: { errorDomain: "some.Domain", errorCode: 7 },
    });
  });
});

describe("Microsoft's error beneath it", () => {
  const expected = (name: MeaningName) => ({
    code: name === "redirect_uri" ? "broker_unavailable" : meanings[name].code,
  });

  it.each([...microsoftCodes])("%i is %s, of whichever of its domains and however deep", (code, name) => {
    for (const domain of ["MSALErrorDomain", "MSIDErrorDomain", "MSIDOAuthErrorDomain"]) {
      const chain = [apple(-6000), link("some.Domain", 1), link(domain, code)];
      expect(chainError(chain, facts)).toMatchObject({
        ...expected(name),
        native: { errorDomain: domain, errorCode: code },
      });
    }
    const internal = { MSALInternalErrorCodeKey: String(code) };
    expect(chainError(microsoft(-50000, internal), facts)).toMatchObject({
      ...expected(name),
      native: { errorCode: -50000, internalCode: code },
    });
  });

  it("beneath another of Microsoft's that says nothing is the one that counts", () => {
    const chain = [
      ...microsoft(-50000, said("It failed.")),
      link("MSIDErrorDomain", -51101),
      link("MSIDOAuthErrorDomain", -51412),
    ];
    const error = chainError(chain, facts);
    expect(error).toMatchObject({ code: "interaction_required", native: { errorCode: -51412 } });
    expect(error.message).toContain("It failed.");
    expect(error.native["errorChain"]).toContain("MSALErrorDomain -50000 > MSIDErrorDomain -51101");
  });

  it("keeps the user to itself whom it names, whatever the name looks like", () => {
    const userInfo = said("The account of Grace H is blocked.", { MSALDisplayableUserIdKey: "Grace H" });
    const error = chainError(microsoft(-50000, userInfo), facts);
    expect(error.message).toContain("The account of [user] is blocked.");
  });

  it("an internal error without a code of its own is no more than that", () => {
    expect(chainError(microsoft(-50000), facts).code).toBe("broker_failed");
    expect(chainError(microsoft(-12345), facts).code).toBe("broker_failed");
  });

  it.each(["429", "500", "503"])("the tenant's HTTP status %s means that it is busy", (status) => {
    const error = chainError(microsoft(-50006, { MSALHTTPResponseCodeKey: status }), facts);
    expect(error).toMatchObject({
      code: "temporarily_unavailable",
      retryable: true,
      native: { httpStatus: Number(status) },
    });
  });

  it.each([
    ["MSAL", "MSALErrorDomain"],
    ["MSID", "MSIDOAuthErrorDomain"],
  ])("facts with the prefix %s are kept", (prefix, domain) => {
    const userInfo = {
      [`${prefix}ErrorDescriptionKey`]: "AADSTS65001: no consent",
      [`${prefix}OAuthErrorKey`]: "invalid_grant",
      [`${prefix}OAuthSubErrorKey`]: "consent_required",
      [`${prefix}BrokerVersionKey`]: "5.2508.0",
      [`${prefix}HTTPResponseCodeKey`]: "400",
    };
    const error = chainError([apple(-6000), link(domain, -50000, userInfo)], facts);
    expect(error).toMatchObject({
      code: "interaction_required",
      aadsts: "AADSTS65001",
      native: {
        oauthError: "invalid_grant",
        oauthSubError: "consent_required",
        brokerVersion: "5.2508.0",
        httpStatus: 400,
      },
    });
    expect(error.message).toContain("no consent");
    expect(error.message).toContain("User.Read");
  });

  it("names an account in none of its facts", () => {
    const userInfo = said("user ann@contoso.example is blocked", {
      MSALDisplayableUserIdKey: "ann@contoso.example",
      MSALHomeAccountIdKey: "secret-home-id",
    });
    const text = JSON.stringify(chainError(microsoft(-50002, userInfo), facts));
    expect(text).not.toMatch(/ann@contoso|secret-home-id/);
    expect(text).toContain("[user]");
  });

  it.each(["[50076, 50079]", "50076", '["50076"]'])(
    "finds Entra's number in a list written as %s",
    (codes) => {
      const error = chainError(microsoft(-50002, { MSALSTSErrorCodesKey: codes }), facts);
      expect(error.aadsts).toBe("AADSTS50076");
      expect(error.hint).toContain("second factor");
    },
  );

  it("takes Entra's own word where the number says nothing", () => {
    expect(chainError(microsoft(-50000, said("AADSTS50076: more")), facts).code).toBe("interaction_required");
    expect(chainError(microsoft(-50000, said("AADSTS700016: no app")), facts)).toMatchObject({
      code: "invalid_request",
      reason: "app_not_found",
    });
  });
});

describe("who asks, and with which redirect URI", () => {
  const refusal = microsoft(
    -50000,
    said(
      "redirect uri has incorrect scheme - it must be in the form of msauth.<app_bundle_id>://auth. Source application does not match redirect uri host. Invalid source app.",
      { MSALInternalErrorCodeKey: "-42000" },
    ),
  );
  const bundled: Partial<MacFacts> = {
    caller: {
      bundleIdentifier: "com.contoso.app",
      signingIdentifier: "com.contoso.app",
      teamIdentifier: "T1",
    },
    expectedRedirectUri: bundleRedirectUri("com.contoso.app"),
  };

  it.each<[string, Partial<MacFacts>, string]>([
    [
      "a bundle that named another one",
      { ...bundled, redirectUri: unsignedRedirectUri },
      "msauth.com.contoso.app://auth",
    ],
    [
      "a bundle that named its own",
      { ...bundled, redirectUri: "msauth.com.contoso.app://auth" },
      "msauth.com.contoso.app://auth",
    ],
    [
      "a program that is no bundle and named another one",
      { redirectUri: "http://localhost" },
      unsignedRedirectUri,
    ],
  ])("%s is told the one to register", (_what, about, uri) => {
    const error = chainError(refusal, { ...facts, ...about });
    expect(error).toMatchObject({ code: "redirect_uri_mismatch", redirectUri: uri });
    expect(error.message).toContain(`Add exactly ${uri} in the Azure portal`);
  });

  it("a signed program that is no bundle is told to update the Company Portal", () => {
    const caller = { signingIdentifier: "node", teamIdentifier: "HX7739G8FX" };
    const error = chainError(refusal, { ...facts, caller });
    expect(error).toMatchObject({ code: "broker_unavailable", reason: "caller_refused" });
    expect(error.hint).toContain("5.2603");
  });

  it("a program without a signature is told to get one", () => {
    const chain = microsoft(
      -50000,
      said("SouceApplication is invalid", { MSALInternalErrorCodeKey: "-42000" }),
    );
    expect(chainError(chain, { ...facts, caller: {} })).toMatchObject({
      code: "broker_unavailable",
      reason: "caller_unidentified",
    });
  });

  it("the report of a missing team is about the URI, too", () => {
    const chain = microsoft(
      -50000,
      said("Application's teamId is missing, and redirectUri is not matching unsigned format", {
        MSALInternalErrorCodeKey: "-42000",
      }),
    );
    const error = chainError(chain, { ...facts, redirectUri: "msauth.x://auth" });
    expect(error).toMatchObject({ code: "redirect_uri_mismatch", redirectUri: unsignedRedirectUri });
  });

  it("another bad parameter is not about the URI", () => {
    const chain = microsoft(-50000, said("The scope is bad", { MSALInternalErrorCodeKey: "-42000" }));
    expect(chainError(chain, facts)).toMatchObject({ code: "invalid_request" });
  });

  it("what the tenant lacks is the URI that was sent", () => {
    const error = answered(
      {
        error: "invalid_client",
        error_description: encodeURIComponent("AADSTS50011: The redirect URI does not match."),
      },
      { ...bundled, redirectUri: "msauth.custom://auth" },
    );
    expect(error).toMatchObject({
      code: "redirect_uri_mismatch",
      redirectUri: "msauth.custom://auth",
      aadsts: "AADSTS50011",
    });
    expect(error.message).toContain("Add exactly msauth.custom://auth in the Azure portal");
  });
});

describe("an error that comes as an answer", () => {
  it.each([...oauthErrors])("%s is %s", (oauthError, name) => {
    expect(answered({ error: oauthError })).toMatchObject({
      code: meanings[name].code,
      native: { oauthError },
    });
  });

  it.each([{}, { error: "" }, { error: "unheard_of" }])("%j is one, too", (fields) => {
    expect(answered(fields)).toMatchObject({ code: "broker_failed" });
  });

  it("a missing protection policy has its own reason", () => {
    expect(answered({ error: "unauthorized_client", suberror: "protection_policy_required" })).toMatchObject({
      code: "broker_failed",
      reason: "protection_policy_required",
      native: { oauthSubError: "protection_policy_required" },
    });
  });

  it("decodes what came percent-encoded, and leaves alone what did not", () => {
    expect(
      answered({ error: "invalid_grant", error_description: "AADSTS50076%3A%20more%20than%20a%20password" })
        .message,
    ).toContain('"AADSTS50076: more than a password"');
    expect(answered({ error: "invalid_grant", error_description: "100% wrong" }).message).toContain(
      "100% wrong",
    );
  });

  it("keeps the claims that the tenant wants", () => {
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    expect(answered({ error: "interaction_required", claims }).claims).toBe(claims);
    expect(answered({ error: "interaction_required", claims: "none" }).claims).toBeUndefined();
  });

  it("takes the number from error_codes where the text has none", () => {
    expect(answered({ error: "invalid_grant", error_codes: "(\n    70008\n)" }).aadsts).toBe("AADSTS70008");
  });
});

describe("every meaning", () => {
  it.each(Object.entries(meanings))("%s says what happened and what to do", (name, { message, hint }) => {
    expect(message).toMatch(/^(?:[A-Z]|macOS ).*\.$/);
    if (name === "redirect_uri") return;
    expect(hint).toMatch(/^[A-Z].*[.>)]\.?$/);
  });
});
