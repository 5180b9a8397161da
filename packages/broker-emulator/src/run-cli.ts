import { spawn } from "node:child_process";
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { brokerGenerations } from "./broker/generations.js";
import { type Rule, rules } from "./checks.js";
import { type KeyringState, keyringStates } from "./keyring-door.js";
import { type BrokerEmulatorOptions, startBrokerEmulator } from "./start-broker-emulator.js";
import { EmulatedTenant } from "./tenant/emulated-tenant.js";
import type { UserAction } from "./tenant/emulated-user.js";
import { packageVersion } from "./version.js";
import { startWebTenant, type WebTenantOptions } from "./web/start-web-tenant.js";

/** The effects that need no more than their name. */
const simpleEffects = [
  "account_unusable",
  "consent_required",
  "dies",
  "interaction_required",
  "keyring_locked",
  "never_answers",
  "no_network",
  "not_enrolled",
  "temporarily_unavailable",
] as const;

const defaultPerson = "ada@contoso.example";

const help = `Usage: npx @x/broker-emulator [options] [-- command [arguments]]

Starts a private D-Bus message bus with an emulated Microsoft identity broker on it, and prints the environment
that makes programs find it. With a command: runs it in that environment, and ends when it ends.

It is an emulator: its tokens say so and are worth nothing outside tests.

Options:
  --account <user name>     an account signed in to the broker, e.g. ada@contoso.example; may be repeated
                            (default: ${defaultPerson})
  --no-account              nobody is signed in; ${defaultPerson} (or who --person names) can sign in
  --app <client id>[=<uri>] an app registration with its redirect URI; may be repeated
  --tenant <tenant id>      the tenant's id, a GUID (default: a random one)
  --generation <version>    which broker to be like: 2.0.1, 2.0.2, 2.5.2, 3.0.2 (default) or himmelblau
  --keyring <state>         the Secret Service beside it: none (default), unlocked or locked
  --effect <name>           something that happens to token requests, e.g. interaction_required or no_network;
                            may be repeated, see below
  --person <what>           what the person does at sign-in dialogs: signs_in (default), cancels or never_acts;
                            signs_in=<user name> signs in as this one
  --on-demand               the bus starts the broker when it is called
  --bus-address <address>   join this bus instead of a private one (programs there will talk to the emulator)
  --web                     no bus and no broker, but the tenant's sign-in pages on https://localhost, for apps that
                            sign in without; with --person they are answered by themselves
  --json                    print one line of JSON instead
  -h, --help                show this text
  -V, --version             show the version

Effects: ${simpleEffects.join(", ")}
(keyring_locked is the same as --keyring locked).

Examples:
  npx @x/broker-emulator --account ada@contoso.example
  npx @x/broker-emulator --account ada@contoso.example -- node my-app.js
  npx @x/broker-emulator --no-account -- node my-first-sign-in.js
  npx @x/broker-emulator --web -- node my-app.js

Exit status: 0 when stopped, the command's own when there is one, 1 on failure, 2 on wrong usage,
126 when the command cannot be run, 127 when there is no such command.
`;

/** What only a broker on a bus has. */
const brokerOptions = ["generation", "keyring", "on-demand", "bus-address"] as const;

class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs the command line tool; resolves to its exit status. */
export async function runCli(args: readonly string[]): Promise<number> {
  let settings: Settings;
  try {
    settings = readArguments(args);
  } catch (error) {
    console.error(`broker-emulator: ${error instanceof Error ? error.message : String(error)}`);
    console.error("Try 'npx @x/broker-emulator --help'.");
    return 2;
  }
  if (settings.show === "help") {
    process.stdout.write(help);
    return 0;
  }
  if (settings.show === "version") {
    console.log(packageVersion);
    return 0;
  }

  // Listening first: whoever stops the tool while it starts must not leave a bus behind.
  const stopped = untilStopped();
  const running = settings.web === undefined ? await startBroker(settings) : await startWeb(settings.web);
  try {
    if (settings.command.length > 0) return await runCommand(settings.command, running);
    announce(running, settings.json);
    await stopped;
    return 0;
  } finally {
    await running.stop();
  }
}

/** What was started, in the words that both kinds share. */
interface Running {
  readonly tenant: EmulatedTenant;
  readonly env: Readonly<Record<string, string>>;
  /** What it is, as part of a sentence. */
  readonly what: string;
  /** Its own lines for people, by their titles. */
  readonly lines: Readonly<Record<string, string>>;
  /** Its own facts for programs. */
  readonly facts: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

async function startBroker(settings: Settings): Promise<Running> {
  const emulator = await startBrokerEmulator(settings.emulator);
  const { tenant, env, generation, version, busAddress, discoveryUrl } = emulator;
  return {
    tenant,
    env,
    what: `EMULATOR of the identity broker (${version})`,
    lines: discoveryUrl === undefined ? {} : { Discovery: discoveryUrl },
    facts: { generation, version, busAddress, discoveryUrl },
    stop: () => emulator.stop(),
  };
}

async function startWeb(options: WebTenantOptions): Promise<Running> {
  const web = await startWebTenant(options);
  const { tenant, authorityHost, certificateFile } = web;
  return {
    tenant,
    env: { ...web.env, X_BROKER_DISABLED: "1" },
    what: "EMULATOR of a tenant, without any broker",
    lines: { "Signs in": authorityHost, Certificate: certificateFile },
    facts: { authorityHost, certificateFile },
    stop: () => web.stop(),
  };
}

interface Settings {
  readonly show: "help" | "version" | undefined;
  readonly json: boolean;
  readonly emulator: BrokerEmulatorOptions;
  /** Instead of a broker. */
  readonly web: WebTenantOptions | undefined;
  readonly command: readonly string[];
}

function readArguments(args: readonly string[]): Settings {
  const separator = args.indexOf("--");
  const own = separator < 0 ? args : args.slice(0, separator);
  const { values } = parseArgs({
    args: [...own],
    options: {
      account: { type: "string", multiple: true },
      "no-account": { type: "boolean" },
      app: { type: "string", multiple: true },
      tenant: { type: "string" },
      generation: { type: "string" },
      keyring: { type: "string" },
      effect: { type: "string", multiple: true },
      person: { type: "string" },
      "on-demand": { type: "boolean" },
      "bus-address": { type: "string" },
      web: { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean", short: "V" },
    },
  });
  if (values["no-account"] && values.account) {
    throw new UsageError("--account and --no-account do not go together.");
  }
  if (values["on-demand"] && values["bus-address"] !== undefined) {
    throw new UsageError("--on-demand and --bus-address do not go together.");
  }
  for (const name of values.web ? brokerOptions : []) {
    if (values[name] !== undefined) throw new UsageError(`--web and --${name} do not go together.`);
  }
  const generation = oneOf("--generation", values.generation, brokerGenerations);
  const effects = (values.effect ?? []).map((name) => oneOf("--effect", name, simpleEffects));
  const keyring = keyringOf(oneOf("--keyring", values.keyring, keyringStates), effects);
  const person = readPerson(values.person);
  mustBe("--tenant", rules.guid, values.tenant);
  for (const username of values.account ?? []) mustBe("--account", rules.username, username);

  const tenant = new EmulatedTenant(values.tenant === undefined ? {} : { tenantId: values.tenant });
  const accounts = values["no-account"] ? [] : (values.account ?? [defaultPerson]);
  for (const username of accounts) tenant.addAccount({ username });
  // Whoever is to sign in must be somebody: a first sign-in starts from an account that the broker does not know.
  const named = person.kind === "signs_in" ? person.as : undefined;
  const newcomer = named ?? (values["no-account"] ? defaultPerson : undefined);
  if (newcomer !== undefined && tenant.findAccountByUsername(newcomer) === undefined) {
    tenant.addAccount({ username: newcomer, signedIn: false });
  }
  for (const app of values.app ?? []) {
    const [clientId = "", ...uri] = app.split("=");
    mustBe("--app", rules.text, clientId);
    tenant.registerApp({ clientId, ...(uri.length === 0 ? {} : { redirectUris: [uri.join("=")] }) });
  }
  for (const kind of effects) {
    if (kind !== undefined && kind !== "keyring_locked") tenant.addPolicy({}, { kind });
  }
  tenant.user.otherwise = person;
  if (values.web && effects.includes("keyring_locked"))
    throw new UsageError("--web and --effect keyring_locked do not go together.");
  return {
    show: values.help ? "help" : values.version ? "version" : undefined,
    json: values.json ?? false,
    emulator: {
      tenant,
      activation: values["on-demand"] ? "on-demand" : "running",
      ...(generation === undefined ? {} : { generation }),
      ...(keyring === undefined ? {} : { keyring }),
      ...(values["bus-address"] === undefined ? {} : { busAddress: values["bus-address"] }),
    },
    web: values.web ? { tenant, attended: values.person === undefined } : undefined,
    command: separator < 0 ? [] : args.slice(separator + 1),
  };
}

/** A locked keyring is the same thing for the broker and for the Secret Service beside it, whichever way it is asked for. */
function keyringOf(
  asked: KeyringState | undefined,
  effects: readonly (string | undefined)[],
): KeyringState | undefined {
  if (!effects.includes("keyring_locked")) return asked;
  if (asked === undefined || asked === "locked") return "locked";
  throw new UsageError(`--effect keyring_locked and --keyring ${asked} do not go together.`);
}

/** `signs_in`, `signs_in=<user name>`, `cancels` or `never_acts`. */
function readPerson(text = "signs_in"): UserAction {
  const [, name] = /^signs_in=(.*)$/.exec(text) ?? [];
  if (name !== undefined) {
    mustBe("--person signs_in=", rules.username, name);
    return { kind: "signs_in", as: name };
  }
  const kind = oneOf("--person", text, ["signs_in", "cancels", "never_acts"] as const);
  return { kind: kind ?? "signs_in" };
}

function mustBe(option: string, wanted: Rule, value: string | undefined): void {
  if (value === undefined || wanted.accepts(value)) return;
  throw new UsageError(`${option} must be ${wanted.expected}.`);
}

function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined || value === undefined) return found;
  throw new UsageError(`${option} must be one of ${allowed.join(", ")}.`);
}

/** The environment goes to standard output, so that a shell can take it in; what people read, to standard error. */
function announce({ tenant, env, what, lines, facts }: Running, asJson: boolean): void {
  const { tenantId } = tenant;
  if (asJson) {
    const accounts = tenant.accounts.map(({ username, homeAccountId }) => ({ username, homeAccountId }));
    const directory = tenant.directory.map(({ username, signedIn }) => ({ username, signedIn }));
    console.log(
      JSON.stringify({ emulator: true, pid: process.pid, ...facts, tenantId, accounts, directory, env }),
    );
    return;
  }
  console.error(`This is an ${what}, for tests. Nothing it gives out is real.`);
  const newcomers = tenant.directory.filter(({ signedIn }) => !signedIn).map(({ username }) => username);
  const all = {
    Tenant: tenantId,
    Accounts: tenant.accounts.map(({ username }) => username).join(", ") || "none",
    ...(newcomers.length > 0 ? { Directory: `${newcomers.join(", ")} (not signed in)` } : {}),
    ...lines,
  };
  for (const [title, text] of Object.entries(all)) console.error(`${title.padEnd(10)} ${text}`);
  console.error("\nSet this where the program under test runs; Ctrl+C here ends the emulator.\n");
  for (const [name, value] of Object.entries(env)) console.log(`export ${name}='${value}'`);
}

async function runCommand(
  [program = "", ...args]: readonly string[],
  { env, what }: Running,
): Promise<number> {
  console.error(`broker-emulator: running ${program} with an ${what}.`);
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...env } });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGTERM", forward).on("SIGHUP", forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) => {
        if (child.pid === undefined) resolve(notStarted(program, error.code));
        else reject(error);
      });
      child.once("exit", (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    process.off("SIGTERM", forward).off("SIGHUP", forward);
  }
}

/** Tells it as a shell does, with a shell's exit status. */
function notStarted(program: string, code = "unknown error"): number {
  const why =
    { ENOENT: "there is no such program", EACCES: "it is not executable" }[code] ?? `the system says ${code}`;
  console.error(`broker-emulator: cannot run '${program}': ${why}.`);
  return code === "ENOENT" ? 127 : 126;
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
}
