// Unmodified @azure/storage-blob apps against a blob service that takes Entra tokens, signed in through
// InteractiveBrowserBrokerCredential and the emulated broker: over D-Bus, over WSL's proxy in a simulated WSL, and in
// Windows' Node.js over its Web Account Manager.
// Each app is a process of its own.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { verifyWithPublishedKeys } from "../support/published-keys.mjs";
import { runNode } from "../support/run-node.mjs";
import { startStage, startWslStage } from "../support/stage.mjs";
import { createTemporaryDirectory } from "../support/temporary-directory.mjs";
import { windowsPath } from "../support/wine/run-windows-node.mjs";
import { startWindowsStage } from "../support/wine/windows-stage.mjs";

const containers = ["invoices", "logs", "photos"];
const listing = containers.map((name) => `${name}\n`).join("");
const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const app = (name: string) => fileURLToPath(new URL(`./apps/${name}`, import.meta.url));
type Stage = Awaited<ReturnType<typeof startStage | typeof startWslStage | typeof startWindowsStage>>;

describe.each<[string, (options: { containers: string[] }) => Promise<Stage>]>([
  ["D-Bus", startStage],
  ["WSL's proxy", startWslStage],
  ["Windows' Web Account Manager", startWindowsStage],
])("an app lists blob containers as the user of this machine, over %s", (_way, start) => {
  let stage: Stage;
  let stopApps: AbortController;

  beforeAll(async () => {
    stage = await start({ containers });
  });
  afterAll(async () => {
    await stage?.stop();
  });
  beforeEach((ctx) => {
    if ("unusable" in stage && stage.unusable !== undefined) ctx.skip(stage.unusable);
    stopApps = new AbortController();
    stage.emulator.clearRequests();
    stage.blobs.requests.length = 0;
  });
  afterEach(() => {
    stopApps?.abort();
  });

  interface RunOptions {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly onLine?: (line: string) => void;
  }
  const run = async (file: string, options: RunOptions = {}) => {
    const outcome =
      "runApp" in stage
        ? await stage.runApp(file, options)
        : await runNode(file, {
            ...options,
            ...("inside" in stage && { inside: stage.inside }),
            env: { ...stage.env, ...options.env },
            abortSignal: stopApps.signal,
          });
    expect(`${outcome.stdout}${outcome.stderr}`, "an app never prints a token by itself").not.toContain(
      "eyJ",
    );
    return outcome;
  };
  const tokenCalls = () =>
    stage.emulator.requests.map(({ method }) => method).filter((method) => method.startsWith("acquireToken"));
  const onlyToken = () => {
    const tokens = new Set(stage.blobs.requests.map((request) => request.bearerToken));
    expect(tokens.size).toBe(1);
    const [token] = tokens;
    if (token === undefined) throw new Error("The blob service saw no token.");
    return token;
  };

  it.each([
    ["an ES module", "list-blob-containers.mjs"],
    ["a CommonJS module", "list-blob-containers.cjs"],
  ])("as %s (examples/%s)", async (_kind, file) => {
    const { code, stdout, stderr } = await run(example(file));
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: listing, stderr: "" });
    expect(tokenCalls()).toEqual(["acquireTokenSilently"]);
    expect(stage.blobs.requests.map(({ method, status }) => ({ method, status }))).toEqual([
      { method: "GET", status: 200 },
    ]);
  });

  it("from a worker thread", async () => {
    const { code, stdout, stderr } = await run(app("worker.mjs"));
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: listing, stderr: "" });
    expect(tokenCalls()).toEqual(["acquireTokenSilently"]);
  });

  it("with a token that the tenant signed, for this API, this user and no longer than it should be", async () => {
    await run(example("list-blob-containers.mjs"));
    const { claims, header } = await verifyWithPublishedKeys(stage.emulator.discoveryUrl, onlyToken(), {
      issuer: stage.tenant.issuerV1,
      audience: "https://storage.azure.com",
    });
    expect(claims).toMatchObject({
      oid: stage.account.localAccountId,
      tid: stage.tenant.tenantId,
      scp: "user_impersonation",
      // The storage client is ready for continuous access evaluation, so its tokens live a day.
      xms_cc: ["CP1"],
      emulated: "@x/broker-emulator",
    });
    expect(header.kid).toMatch(/^emulator-/);
    const lifetimeInSeconds = (claims.exp ?? 0) - Date.now() / 1000;
    expect(lifetimeInSeconds).toBeGreaterThan(0);
    expect(lifetimeInSeconds).toBeLessThanOrEqual(86_400);
  });

  it("not with a token that somebody else signed", async () => {
    await run(example("list-blob-containers.mjs"));
    const [header, payload, signature = ""] = onlyToken().split(".");
    const forged = `${header}.${payload}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    await expect(
      verifyWithPublishedKeys(stage.emulator.discoveryUrl, forged, {
        issuer: stage.tenant.issuerV1,
        audience: "https://storage.azure.com",
      }),
    ).rejects.toMatchObject({ code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" });
  });

  it("again from the credential's memory, with no call to the broker", async () => {
    let requestsAtHalf = -1;
    const finished = await runAndSignal("list-twice.mjs", "again?", () => {
      requestsAtHalf = stage.emulator.requests.length;
    });
    expect(finished).toMatchObject({ code: 0, stdout: `${listing}again?\n${listing}`, stderr: "" });
    expect(requestsAtHalf).toBeGreaterThan(0);
    expect(stage.emulator.requests.length).toBe(requestsAtHalf);
    expect(stage.blobs.requests.length).toBe(2);
    onlyToken();
  });

  it("from eight clients at once, with one call to the broker", async () => {
    const { code, stdout } = await run(app("parallel-clients.mjs"));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(Array.from({ length: 8 }, () => containers.join(" ")));
    expect(tokenCalls()).toEqual(["acquireTokenSilently"]);
    expect(stage.blobs.requests.length).toBe(8);
    onlyToken();
  });

  it("after the user signed in, when the tenant wants that", async () => {
    const policy = stage.tenant.addPolicy({}, { kind: "interaction_required" });
    const dialogs = stage.tenant.user.dialogs.length;
    const { code, stdout, stderr } = await run(example("list-blob-containers.mjs"));
    policy.remove();
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: listing, stderr: "" });
    expect(tokenCalls()).toEqual(["acquireTokenSilently", "acquireTokenInteractively"]);
    expect(stage.tenant.user.dialogs.length).toBe(dialogs + 1);
  });

  it("not when the user closes the sign-in window", async () => {
    const policy = stage.tenant.addPolicy({}, { kind: "interaction_required" });
    stage.tenant.user.script = [{ kind: "cancels" }];
    const { code, stdout, stderr } = await run(example("list-blob-containers.cjs"));
    policy.remove();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("user_canceled");
    expect(tokenCalls()).toEqual(["acquireTokenSilently", "acquireTokenInteractively"]);
    expect(stage.blobs.requests).toEqual([]);
  });

  it("not with a token for another API: the blob service refuses it", async () => {
    const { code, stdout } = await run(app("other-audience.mjs"), {
      args: ["https://vault.azure.net/.default"],
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ name: "RestError", statusCode: 403 });
    expect(decodeJwt(onlyToken()).aud).toBe("https://vault.azure.net");
  });

  it("not with a token that has ended, and the credential gets a new one", async () => {
    const policy = stage.tenant.addPolicy({}, { kind: "expires_in", seconds: 8 }, { times: 1 });
    const { code, stdout } = await run(app("expired-token.mjs"));
    policy.remove();
    expect(code).toBe(0);
    const refusal = stdout.split("\n").find((line) => line.startsWith("{")) ?? "";
    expect(JSON.parse(refusal)).toMatchObject({ name: "RestError", statusCode: 403 });
    expect(stdout).toBe(`${listing}${refusal}\n${listing}`);
    expect(stage.blobs.requests.map((request) => request.status)).toEqual([200, 403, 200]);
    expect(tokenCalls().length).toBe(2);
  });

  it("until it gives up: abort ends the wait, and the app", async () => {
    const policy = stage.tenant.addPolicy({ method: "acquireTokenSilently" }, { kind: "never_answers" });
    const { code, stdout } = await runAndSignal("abort.mjs", "asking", () =>
      expect.poll(tokenCalls, { timeout: 20_000 }).toEqual(["acquireTokenSilently"]),
    );
    policy.remove();
    expect({ code, stdout }).toEqual({ code: 0, stdout: "asking\nAbortError\n" });
    expect(stage.blobs.requests).toEqual([]);
  });

  it("not without a broker, and says what to do", async () => {
    await stage.breakDown();
    try {
      // Where no browser opens either, even if a developer runs this at a desktop.
      const env = { SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22", BROWSER: "" };
      const { code, stdout, stderr } = await run(example("list-blob-containers.cjs"), { env });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("broker_unavailable");
    } finally {
      await stage.recover();
    }
    expect(await run(example("list-blob-containers.cjs"))).toMatchObject({ code: 0, stdout: listing });
  });

  /** Runs an app that waits for a sign after it printed `line`; `meanwhile` happens before the sign. */
  async function runAndSignal(file: string, line: string, meanwhile: () => unknown) {
    const folder = createTemporaryDirectory("sign");
    const sign = join(folder.path, "sign");
    let signalled: Promise<void> = Promise.resolve();
    try {
      const outcome = await run(app(file), {
        env: { TEST_SIGN: "runApp" in stage ? windowsPath(sign) : sign },
        onLine: (printed) => {
          if (printed !== line) return;
          signalled = (async () => {
            await meanwhile();
            writeFileSync(sign, "");
          })();
        },
      });
      await signalled;
      return outcome;
    } finally {
      folder.remove();
    }
  }
});
