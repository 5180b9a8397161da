import { spawn } from "node:child_process";
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { brokerGenerations } from "./dbus-door/generations.js";
import { keyringStates } from "./keyring-door.js";
import {
  type BrokerEmulator,
  type BrokerEmulatorOptions,
  startBrokerEmulator,
} from "./start-broker-emulator.js";
import { EmulatedTenant } from "./tenant/emulated-tenant.js";
import { packageVersion } from "./version.js";

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

const help = `Usage: broker-emulator [options] [-- command [arguments]]

Starts a private D-Bus message bus with an emulated Microsoft identity broker on it, and prints the environment
that makes programs find it. With a command: runs it in that environment, and ends when it ends.

It is an emulator: its tokens say so and are worth nothing outside tests.

Options:
  --account <user name>     an account signed in to the broker, e.g. ada@contoso.example; may be repeated
                            (default: ada@contoso.example)
  --no-account              nobody is signed in
  --app <client id>[=<uri>] an app registration with its redirect URI; may be repeated
  --tenant <tenant id>      the tenant's id (default: a random one)
  --generation <version>    which broker to be like: 2.0.1, 2.0.2, 2.5.2, 3.0.2 (default) or himmelblau
  --keyring <state>         the Secret Service beside it: none (default), unlocked or locked
  --effect <name>           something that happens to token requests, e.g. interaction_required or no_network;
                            may be repeated, see below
  --person <what>           what the person does at sign-in dialogs: signs_in (default), cancels or never_acts
  --on-demand               the bus starts the broker when it is called
  --bus-address <address>   join this bus instead of a private one (programs there will talk to the emulator)
  --json                    print one line of JSON instead
  -h, --help                show this text
  -V, --version             show the version

Effects: ${simpleEffects.join(", ")}.

Examples:
  npx broker-emulator --account ada@contoso.example
  npx broker-emulator --account ada@contoso.example -- node my-app.js

Exit status: 0 when stopped, the command's own when there is one, 1 on failure, 2 on wrong usage.
`;

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
    console.error("Try 'broker-emulator --help'.");
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
  const emulator = await startBrokerEmulator(settings.emulator);
  try {
    if (settings.command.length > 0) return await runCommand(settings.command, emulator);
    announce(emulator, settings.json);
    await stopped;
    return 0;
  } finally {
    await emulator.stop();
  }
}

interface Settings {
  readonly show: "help" | "version" | undefined;
  readonly json: boolean;
  readonly emulator: BrokerEmulatorOptions;
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
  const generation = oneOf("--generation", values.generation, brokerGenerations);
  const keyring = oneOf("--keyring", values.keyring, keyringStates);
  const person = oneOf("--person", values.person, ["signs_in", "cancels", "never_acts"] as const);

  const tenant = new EmulatedTenant(values.tenant === undefined ? {} : { tenantId: values.tenant });
  const accounts = values["no-account"] ? [] : (values.account ?? ["ada@contoso.example"]);
  for (const username of accounts) tenant.addAccount({ username });
  for (const app of values.app ?? []) {
    const [clientId = "", ...uri] = app.split("=");
    tenant.registerApp({ clientId, ...(uri.length === 0 ? {} : { redirectUris: [uri.join("=")] }) });
  }
  for (const name of values.effect ?? []) {
    const kind = oneOf("--effect", name, simpleEffects);
    if (kind !== undefined) tenant.addPolicy({}, { kind });
  }
  if (person !== undefined) tenant.user.otherwise = { kind: person };
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
    command: separator < 0 ? [] : args.slice(separator + 1),
  };
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
function announce(emulator: BrokerEmulator, asJson: boolean): void {
  const { tenant, env, busAddress, generation, version, discoveryUrl } = emulator;
  if (asJson) {
    const accounts = tenant.accounts.map(({ username, homeAccountId }) => ({ username, homeAccountId }));
    const facts = { emulator: true, pid: process.pid, generation, version, tenantId: tenant.tenantId };
    console.log(JSON.stringify({ ...facts, accounts, busAddress, discoveryUrl, env }));
    return;
  }
  console.error(
    `This is an EMULATOR of the identity broker (${version}), for tests. Nothing it gives out is real.`,
  );
  console.error(`Tenant     ${tenant.tenantId}`);
  console.error(`Accounts   ${tenant.accounts.map(({ username }) => username).join(", ") || "none"}`);
  if (discoveryUrl !== undefined) console.error(`Discovery  ${discoveryUrl}`);
  console.error("\nSet this where the program under test runs; Ctrl+C here ends the emulator.\n");
  for (const [name, value] of Object.entries(env)) console.log(`export ${name}='${value}'`);
}

async function runCommand(
  [program = "", ...args]: readonly string[],
  emulator: BrokerEmulator,
): Promise<number> {
  console.error(
    `broker-emulator: running ${program} with an EMULATED identity broker (${emulator.version}).`,
  );
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...emulator.env } });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGTERM", forward).on("SIGHUP", forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    process.off("SIGTERM", forward).off("SIGHUP", forward);
  }
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
}
