import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BrokerClient } from "./testing/broker-client.js";
import { packageVersion } from "./version.js";

const packageFolder = join(__dirname, "..");
const cli = join(packageFolder, "dist/esm/cli.js");

const tenantId = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const azureCli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/** What a client asks for when nobody is known yet. */
const firstSignIn = {
  authParameters: {
    clientId: azureCli,
    redirectUri: "http://localhost",
    authority: "https://login.microsoftonline.com/common",
    requestedScopes: ["User.Read"],
  },
};

interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const outcome = once(child, "close").then(([exitCode]): Outcome => ({ exitCode, ...output }));
  return { child, output, outcome };
}

/** Starts it and waits for the facts it prints as JSON. */
async function startServing(...args: string[]) {
  const running = start("--json", ...args);
  await vi.waitFor(() => expect(running.output.stdout).toContain("\n"), { timeout: 15_000 });
  const facts = JSON.parse(running.output.stdout) as {
    emulator: boolean;
    busAddress: string;
    authorityHost: string;
    accounts: { username: string }[];
    directory: { username: string; signedIn: boolean }[];
    env: Record<string, string>;
    tenantId: string;
  };
  return { ...running, facts, folder: dirname((facts.busAddress ?? "").replace("unix:path=", "")) };
}

describe("broker-emulator", () => {
  it("explains itself", async () => {
    const { exitCode, stdout } = await start("--help").outcome;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Usage: npx @x\/broker-emulator /);
    // The bare name is another package at the registry.
    expect(stdout).not.toMatch(/npx broker/);
    for (const option of ["--account", "--generation", "--keyring", "--on-demand", "--json"]) {
      expect(stdout).toContain(option);
    }
  });

  it("knows its version", async () => {
    const manifest = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as {
      version: string;
    };
    expect(packageVersion).toBe(manifest.version);
    expect((await start("--version").outcome).stdout.trim()).toBe(manifest.version);
  });

  it.each<[string, string[], RegExp]>([
    ["an unknown option", ["--frobnicate"], /Unknown option '--frobnicate'/],
    ["an unknown generation", ["--generation", "9"], /--generation must be one of/],
    ["an unknown keyring state", ["--keyring", "ajar"], /--keyring must be one of/],
    ["an unknown effect", ["--effect", "earthquake"], /--effect must be one of/],
    ["an unknown deed", ["--person", "sings"], /--person must be one of/],
    ["a user name that is none", ["--account", "ada"], /user principal name/],
    [
      "somebody who is nobody",
      ["--person", "signs_in=ada"],
      /--person signs_in= must be a user principal name/,
    ],
    ["a deed that takes no name", ["--person", "cancels=ada@b.c"], /--person must be one of/],
    ["a tenant that is no GUID", ["--tenant", "contoso"], /--tenant must be a GUID such as '1111/],
    ["an app without id", ["--app", "=http://localhost"], /--app must be a non-empty string/],
    ["a keyring both ways", ["--effect", "keyring_locked", "--keyring", "none"], /do not go together/],
    ["options that do not go together", ["--no-account", "--account", "a@b.c"], /do not go together/],
    ["a broker where there is to be none", ["--web", "--keyring", "locked"], /--web and --keyring/],
    ["a broker's trouble where there is none", ["--web", "--effect", "keyring_locked"], /--web and --effect/],
    ["an argument too many", ["serve"], /Unexpected argument 'serve'/],
  ])("refuses %s", async (_what, args, message) => {
    const { exitCode, stdout, stderr } = await start(...args).outcome;
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("--help");
  });

  it("prints what a shell can take in, and says loudly what it is", async () => {
    const { child, output, outcome } = start("--account", "grace@contoso.example");
    await vi.waitFor(() => expect(output.stdout).toContain("dbus'\n"), { timeout: 15_000 });
    expect(output.stdout).toMatch(
      /^export DBUS_SESSION_BUS_ADDRESS='unix:path=[^']+'\nexport X_BROKER_TRANSPORT='dbus'\n$/,
    );
    await vi.waitFor(() => expect(output.stderr).toContain("EMULATOR"));
    expect(output.stderr).toContain("grace@contoso.example");
    child.kill("SIGINT");
    expect((await outcome).exitCode).toBe(0);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("ends in order on %s", async (signal) => {
    const { child, outcome, folder, facts } = await startServing(
      "--on-demand",
      "--tenant",
      tenantId.toUpperCase(),
    );
    expect(facts).toMatchObject({
      emulator: true,
      tenantId,
      env: { DBUS_SESSION_BUS_ADDRESS: facts.busAddress, X_BROKER_TRANSPORT: "dbus" },
    });
    const client = new BrokerClient(facts.busAddress);
    expect(await client.json("getLinuxBrokerVersion", {})).toEqual({ linuxBrokerVersion: "3.0.2-emulator" });
    client.close();
    child.kill(signal);
    expect((await outcome).exitCode).toBe(0);
    expect(existsSync(folder)).toBe(false);
  });

  it("leaves no bus and no folder behind when it is killed", async () => {
    const { child, outcome, folder, facts } = await startServing("--keyring", "unlocked", "--no-account");
    expect(facts.accounts).toEqual([]);
    child.kill("SIGKILL");
    await outcome;
    await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 15_000 });
  });

  it("runs a command in its environment, and ends as it does", async () => {
    const script = "console.log(process.env.DBUS_SESSION_BUS_ADDRESS); process.exit(7)";
    const { exitCode, stdout, stderr } = await start("--", process.execPath, "-e", script).outcome;
    expect(exitCode).toBe(7);
    expect(stdout).toMatch(/^unix:path=/);
    expect(stderr).toContain("EMULATOR");
    expect(existsSync(dirname(stdout.trim().replace("unix:path=", "")))).toBe(false);
  });

  it("says when the command cannot be run", async () => {
    const missing = await start("--", "/nonexistent/program", "--secret").outcome;
    expect(missing.exitCode).toBe(127);
    expect(missing.stderr).toContain("cannot run '/nonexistent/program': there is no such program.");
    expect(missing.stderr).not.toMatch(/ENOENT|--secret/);
    const notExecutable = await start("--", join(packageFolder, "README.md")).outcome;
    expect(notExecutable.exitCode).toBe(126);
    expect(notExecutable.stderr).toContain("it is not executable.");
  });

  it.each([
    ["--keyring", "locked"],
    ["--effect", "keyring_locked"],
  ])("locks the keyring with %s %s", async (...args) => {
    const { facts } = await startServing(...args);
    const client = new BrokerClient(facts.busAddress);
    const [locked] = await client.invoke({
      destination: "org.freedesktop.secrets",
      path: "/org/freedesktop/secrets/collection/login",
      interface: "org.freedesktop.DBus.Properties",
      member: "Get",
      signature: "ss",
      body: ["org.freedesktop.Secret.Collection", "Locked"],
    });
    expect(JSON.stringify(locked)).toContain("true");
    expect(await client.json("getAccounts", { clientId: azureCli })).toEqual({ accounts: [] });
    client.close();
  });

  it.each<[string, string[], string]>([
    ["the usual person", ["--no-account"], "ada@contoso.example"],
    ["the usual person on purpose", ["--no-account", "--person", "signs_in"], "ada@contoso.example"],
    [
      "somebody else",
      ["--no-account", "--person", "signs_in=grace@contoso.example"],
      "grace@contoso.example",
    ],
    ["somebody beside others", ["--person", "signs_in=grace@contoso.example"], "grace@contoso.example"],
  ])("lets %s sign in who was not signed in before", async (_who, args, username) => {
    const { facts } = await startServing(...args);
    expect(facts.accounts.map((account) => account.username)).not.toContain(username);
    expect(facts.directory).toContainEqual({ username, signedIn: false });
    const client = new BrokerClient(facts.busAddress);
    const answer = await client.json("acquireTokenInteractively", firstSignIn);
    expect(answer).toHaveProperty("brokerTokenResponse.accessToken");
    const { accounts } = await client.json("getAccounts", { clientId: azureCli });
    expect((accounts as { username: string }[]).map((account) => account.username)).toContain(username);
    client.close();
  });

  it("makes things happen, and the person do things", async () => {
    const { facts } = await startServing("--effect", "interaction_required", "--person", "cancels");
    const client = new BrokerClient(facts.busAddress);
    const silent = { authParameters: { ...firstSignIn.authParameters, authorizationType: 1 } };
    expect(await client.json("acquireTokenSilently", silent)).toHaveProperty(
      "brokerTokenResponse.error.status",
      2,
    );
    expect(await client.json("acquireTokenInteractively", firstSignIn)).toHaveProperty(
      "brokerTokenResponse.error.status",
      7,
    );
    client.close();
  });

  it("signs in on the web, where there is to be no broker", async () => {
    const { facts, child, outcome } = await startServing(
      "--web",
      "--person",
      "signs_in",
      "--tenant",
      tenantId,
    );
    expect(facts).toMatchObject({
      emulator: true,
      tenantId,
      authorityHost: facts.env["AZURE_AUTHORITY_HOST"],
    });
    expect(Object.keys(facts.env).sort()).toEqual([
      "AZURE_AUTHORITY_HOST",
      "NODE_EXTRA_CA_CERTS",
      "X_BROKER_DISABLED",
    ]);
    const certificate = facts.env["NODE_EXTRA_CA_CERTS"] ?? "";
    const program = `fetch(process.env.AZURE_AUTHORITY_HOST + "/common/v2.0/.well-known/openid-configuration")
      .then(async (response) => console.log((await response.json()).issuer))`;
    const app = spawn(process.execPath, ["-e", program], { env: { ...process.env, ...facts.env } });
    const [issuer] = (await once(app.stdout, "data")) as [Buffer];
    expect(String(issuer)).toContain(tenantId);
    child.kill("SIGTERM");
    expect((await outcome).exitCode).toBe(0);
    expect(existsSync(certificate)).toBe(false);
  });

  it("registers apps", async () => {
    const { facts } = await startServing("--app", "my-app=http://localhost:1234/a=b", "--app", "other");
    const client = new BrokerClient(facts.busAddress);
    const request = (clientId: string, redirectUri: string) => ({
      authParameters: {
        clientId,
        redirectUri,
        authority: "https://login.microsoftonline.com/common",
        authorizationType: 1,
        requestedScopes: ["User.Read"],
      },
    });
    const granted = await client.json("acquireTokenSilently", request("my-app", "http://localhost:1234/a=b"));
    expect(granted).toHaveProperty("brokerTokenResponse.accessToken");
    const refused = await client.json("acquireTokenSilently", request("my-app", "http://localhost:1"));
    expect(refused).toHaveProperty("brokerTokenResponse.error.status", 9);
    client.close();
  });
});
