// The same job done by Microsoft's client and by ours, one after the other, at the same broker: what goes over the
// wire is the same but for the differences listed here, each of which is on purpose.
import { createLinuxBroker } from "@x/broker-linux";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { whyMicrosoftClientCannotRun } from "./requirements.js";
import { type Interop, startInterop } from "./start-interop.js";

/** Each client says who it is; ours does not pass itself off as Microsoft's. */
const ownName = "authParameters.additionalQueryParametersForAuthorization.x-client-xtra-sku";
/** Telemetry of recent Microsoft clients; older and independent ones sign in without. */
const onboarding = "authParameters.onboardingBlob";
/** Theirs comes from the client's own store, which kept less of it; ours is as the broker gave it. */
const accountFromStore = ["environment", "familyName", "givenName"].map(
  (name) => `authParameters.account.${name}`,
);

const scopes = ["User.Read", "Mail.Read"];
const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: "c1" } } });
const pop = { method: "POST", host: "api.contoso.example:8443", path: "/v1/things", nonce: "nonce-1" };

describe("what goes over the wire: Microsoft's client and ours", () => {
  const cannotRun = whyMicrosoftClientCannotRun();
  let interop: Interop;
  let ours: ReturnType<typeof createLinuxBroker>;

  beforeAll(async () => {
    if (cannotRun !== undefined) return;
    interop = await startInterop();
    // Their client asks for an account only if its own store has it.
    await interop.microsoft.call("signInInteractively", { scopes: ["User.ReadBasic.All"] });
    ours = createLinuxBroker({ transport: "dbus", busAddress: interop.emulator.busAddress, env: {} });
  });
  afterAll(async () => {
    await ours?.close();
    await interop?.stop();
  });
  beforeEach((ctx) => {
    if (cannotRun !== undefined) ctx.skip(cannotRun);
  });

  /** The last request of the method that `call` makes. */
  async function captured(method: string, call: () => Promise<unknown>): Promise<unknown> {
    interop.emulator.clearRequests();
    await call();
    const request = interop.emulator.requests.findLast((candidate) => candidate.method === method);
    if (request === undefined) throw new Error(`${method} was not called.`);
    return request.request;
  }
  const base = () => ({
    clientId: interop.clientId,
    authority: `https://login.microsoftonline.com/${interop.tenant.tenantId}`,
    scopes,
  });
  const account = async () => {
    const [first] = await ours.getAccounts({ clientId: interop.clientId });
    if (first === undefined) throw new Error("Nobody is signed in.");
    return first;
  };
  const theirs = (call: string, parameters: Record<string, unknown> = {}) =>
    interop.microsoft.call(call, { accountId: interop.person.localAccountId, scopes, ...parameters });

  it("getAccounts", async () => {
    const expected = await captured("getAccounts", () => theirs("discoverAccounts"));
    const actual = await captured("getAccounts", () => ours.getAccounts({ clientId: interop.clientId }));
    expect(actual).toEqual(expected);
  });

  it("acquireTokenSilently with the account as the broker gave it", async () => {
    const known = await account();
    await compare("acquireTokenSilently", {
      theirs: () => theirs("signInSilently"),
      ours: () => ours.acquireTokenSilently({ ...base(), account: known }),
      differences: [ownName],
    });
  });

  it("acquireTokenInteractively without an account", async () => {
    await compare("acquireTokenInteractively", {
      theirs: () => theirs("signInInteractively"),
      ours: () => ours.acquireTokenInteractively(base()),
      differences: [ownName, onboarding],
    });
  });

  it("acquireTokenInteractively with an account", async () => {
    const known = await account();
    await compare("acquireTokenInteractively", {
      theirs: () => theirs("acquireTokenInteractively"),
      ours: () => ours.acquireTokenInteractively({ ...base(), account: known }),
      differences: [ownName, onboarding, ...accountFromStore],
    });
  });

  it("acquireTokenSilently with claims", async () => {
    const known = await account();
    await compare("acquireTokenSilently", {
      theirs: () => theirs("acquireTokenSilently", { claims }),
      ours: () => ours.acquireTokenSilently({ ...base(), account: known, claims }),
      differences: [ownName, ...accountFromStore],
    });
  });

  it("acquireTokenSilently with proof of possession", async () => {
    const known = await account();
    const proofOfPossession = {
      resourceRequestMethod: pop.method,
      resourceRequestUrl: `https://${pop.host}${pop.path}`,
      nonce: pop.nonce,
    };
    await compare("acquireTokenSilently", {
      theirs: () => theirs("acquireTokenSilently", { pop }),
      ours: () => ours.acquireTokenSilently({ ...base(), account: known, proofOfPossession }),
      differences: [ownName, ...accountFromStore],
    });
  });

  async function compare(
    method: string,
    calls: { theirs: () => Promise<unknown>; ours: () => Promise<unknown>; differences: readonly string[] },
  ) {
    const expected = leaves(await captured(method, calls.theirs));
    const actual = leaves(await captured(method, calls.ours));
    expect(expected.get(ownName)).toContain("0.20.7");
    expect(actual.get(ownName)).toContain("@x/broker-linux");
    expect(differingPaths(expected, actual)).toEqual([...calls.differences].sort());
  }
});

function differingPaths(left: Map<string, string>, right: Map<string, string>): string[] {
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((path) => left.get(path) !== right.get(path))
    .sort();
}

/** Every value below `value` as JSON text, by its path. */
function leaves(value: unknown, path = ""): Map<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return new Map([[path, JSON.stringify(value)]]);
  }
  const children = Object.entries(value).flatMap(([key, child]) => [
    ...leaves(child, path === "" ? key : `${path}.${key}`),
  ]);
  return new Map(children.length === 0 ? [[path, "{}"]] : children);
}
