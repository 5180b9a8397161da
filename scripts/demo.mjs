// `npm run demo`: the README's example at work, on this machine and on this machine only. An unmodified
// @azure/storage-blob app signs in through the broker of a private bus and lists the containers of a blob
// service that checks the token. The broker is our emulator; everything between it and the app is the product.
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { verifyWithPublishedKeys } from "../test/support/published-keys.mjs";
import { runNode } from "../test/support/run-node.mjs";
import { startStage } from "../test/support/stage.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const username = "ada@contoso.example";
const signInDelay = 400;
const containers = ["invoices", "photos", "telescope-logs"];

// Knows about NO_COLOR and dumb terminals; a pipe has no such method.
const colours = process.stdout.hasColors?.() ?? false;
const style = (code) => (text) => (colours ? `\u001b[${code}m${text}\u001b[0m` : String(text));
const bold = style(1);
const dim = style(2);
const green = style(32);
const yellow = style(33);
const red = style(31);
const say = (text = "") => console.log(text);
const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
const duration = (value) =>
  value >= 7_200_000 ? `${Math.round(value / 3_600_000)} hours` : `${Math.round(value / 60_000)} minutes`;
const row = (name, text) => say(`     ${dim(name.padEnd(10))} ${text}`);

const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => interrupt.abort());

let stage;
try {
  await demo();
  say(green(bold("\n  It worked.")));
  say("  The app is examples/list-blob-containers.mjs; nothing in it knows about this demo.\n");
} catch (error) {
  process.exitCode = interrupt.signal.aborted ? 130 : 1;
  say(
    interrupt.signal.aborted
      ? "\n  Interrupted; cleaning up.\n"
      : red(`\n  The demo failed: ${error.stack ?? error}\n`),
  );
} finally {
  await stage?.stop();
}

async function demo() {
  say(bold("\n  Sign in from Node.js through the broker, and list blobs with it"));
  say(
    yellow(
      "\n  The broker here is an EMULATOR on a private bus: no real account, no real tenant, and its\n" +
        "  tokens are worth nothing anywhere else. The app, the credential and D-Bus are the real thing.",
    ),
  );

  say(bold("\n  Setting the stage"));
  await setStage();

  say(bold("\n  1. The app of the README"));
  await firstRun();

  say(bold("\n  2. The same once more, from the credential's memory"));
  await runFromMemory();

  say(bold("\n  3. The tenant wants to see the user"));
  await runWithSignIn();
}

async function setStage() {
  const took = {};
  const starting = startStage({
    username,
    containers,
    onStarted: (what, ms) => Object.assign(took, { [what]: ms }),
  });
  stage = await starting;
  interrupt.signal.throwIfAborted();
  const { emulator, blobs } = stage;
  row("broker", `owns com.microsoft.identity.broker1 on a private bus ${dim(milliseconds(took.broker))}`);
  row("", dim(emulator.busAddress.replace(/,guid=.*/, "")));
  row("account", `${username} is signed in to this machine`);
  row("storage", `Azurite takes Entra tokens over TLS ${dim(milliseconds(took.blobs))}`);
  row("", dim(blobs.url));
}

async function firstRun() {
  const { stdout } = await runExample("list-blob-containers.mjs");
  expect(stdout === containers.map((name) => `${name}\n`).join(""), "the app lists the containers");
  showCalls();
  await showToken();
}

async function runFromMemory() {
  await runExample("token-cache.mjs");
  const calls = showCalls();
  expect(
    calls.filter((method) => method.startsWith("acquireToken")).length === 1,
    "one token call for two listings",
  );
  row("so", "the second token came from memory: nobody was asked for it");
}

async function runWithSignIn() {
  stage.tenant.addPolicy({}, { kind: "interaction_required" });
  stage.tenant.user.script = [{ kind: "signs_in", delayInMs: signInDelay }];
  say(dim("     (the emulated broker now refuses silent sign-in; an emulated Ada sits at the keyboard)"));
  const { stdout } = await runExample("list-blob-containers.mjs");
  expect(stdout === containers.map((name) => `${name}\n`).join(""), "the app lists the containers");
  showCalls();
  const dialog = stage.tenant.user.dialogs.at(-1);
  expect(dialog !== undefined, "a sign-in window was shown");
  row("window", `a sign-in window came up; Ada signed in after ${milliseconds(signInDelay)}`);
}

/** Runs an example as its user would, in a process of its own. */
async function runExample(file) {
  const { emulator, blobs, env } = stage;
  emulator.clearRequests();
  blobs.requests.length = 0;
  say(`     ${dim("$")} node examples/${file}`);
  const started = performance.now();
  const outcome = await runNode(join(root, "examples", file), {
    env,
    abortSignal: interrupt.signal,
    onLine: (line) => say(`     ${dim("│")} ${line}`),
  });
  const failed = outcome.code !== 0;
  const took = milliseconds(performance.now() - started);
  say(
    `     ${dim("└")} ${failed ? red(`exit code ${outcome.code}`) : "exit code 0"} ${dim(`after ${took}, Node.js start included`)}`,
  );
  if (failed) throw new Error(`${basename(file)} ended with code ${outcome.code}:\n${outcome.stderr}`);
  return outcome;
}

/** Prints who asked whom since the last run began, and returns the broker's part of it. */
function showCalls() {
  for (const { method, request } of stage.emulator.requests) {
    const scopes = request?.authParameters?.requestedScopes;
    row("D-Bus", `app → broker   ${method}${scopes ? dim(` ${scopes.join(" ")}`) : ""}`);
  }
  for (const { method, path, status } of stage.blobs.requests) {
    row("TLS", `app → storage  ${method} ${path} → ${status === 200 ? green(status) : red(status)}`);
  }
  return stage.emulator.requests.map(({ method }) => method);
}

/** Prints what the blob service could read in the token, but not the token. */
async function showToken() {
  const token = stage.blobs.requests.at(-1)?.bearerToken;
  expect(token !== undefined, "the blob service saw a token");
  const { claims, header } = await verifyWithPublishedKeys(stage.emulator.discoveryUrl, token, {
    issuer: stage.tenant.issuerV1,
    audience: "https://storage.azure.com",
  });
  const expires = new Date(claims.exp * 1000);
  say(dim("     The token that the blob service saw:"));
  row("issuer", claims.iss);
  row("audience", claims.aud);
  row("scopes", claims.scp);
  row("user", `${claims.upn} (object id ${claims.oid})`);
  row("expires", `in ${duration(expires.getTime() - Date.now())}, at ${expires.toISOString()}`);
  row(
    "signature",
    `${header.alg}, key ${header.kid}: ${green("verified")} with the tenant's published key set`,
  );
  row("emulated", yellow(claims.emulated));
}

function expect(condition, what) {
  if (!condition) throw new Error(`Expected that ${what}.`);
}
