import {
  type Broker,
  type BrokerError,
  type DiagnosticCheck,
  isBrokerError,
  redactSensitive,
} from "@x/broker-contract";
import { developerSignOnClientId } from "../credential/client-id.js";
import { whatHappened } from "../what-happened.js";
import type { CliIo } from "./cli-io.js";
import { checkFallback } from "./fallback-check.js";

export interface DoctorFlags {
  readonly clientId?: string;
  readonly deep?: boolean;
  readonly showAccounts?: boolean;
  readonly json?: boolean;
}

const oldestNode = 20;
/** Without these there is nobody to ask for accounts. */
const groundwork: ReadonlySet<string> = new Set([
  "native-addon",
  "session-bus",
  "wsl",
  "wsl-proxy",
  "wsl-interop",
  "wam",
  "broker",
]);

/** Checks from the ground up, each given as soon as it is done; last, what stands in for all that. */
export async function* runChecks(flags: DoctorFlags, io: CliIo): AsyncGenerator<DiagnosticCheck> {
  yield checkNode(io.nodeVersion);
  yield* checkBroker(flags, io);
  yield await checkFallback(io);
}

async function* checkBroker(flags: DoctorFlags, io: CliIo): AsyncGenerator<DiagnosticCheck> {
  const result = await io.loadBroker();
  if (!result.loaded) {
    yield* explainNoBroker(result.packageName, result.error, result.advice);
    return;
  }
  const { broker, packageName } = result;
  try {
    yield {
      id: "platform-package",
      title: "Platform package",
      outcome: "ok",
      detail: `${packageName} is installed.`,
    };
    let reachable = true;
    for await (const check of checkPlatform(broker, flags, io)) {
      if (check.outcome === "fail" && groundwork.has(check.id)) reachable = false;
      yield check;
    }
    yield reachable ? await checkAccounts(broker, flags, io) : skip("accounts", "Accounts");
  } finally {
    await broker.close();
  }
}

function checkNode(version: string): DiagnosticCheck {
  const major = Number(/^v(\d+)/.exec(version)?.[1]);
  const check = { id: "node-version", title: "Node.js" };
  if (major >= oldestNode) return { ...check, outcome: "ok", detail: `${version}.` };
  return {
    ...check,
    outcome: "fail",
    detail: `${version} is too old.`,
    hint: `Use Node.js ${oldestNode} or newer.`,
  };
}

function* explainNoBroker(
  packageName: string | undefined,
  error: BrokerError,
  advice: readonly string[],
): Generator<DiagnosticCheck> {
  const hint = advice.join("\n");
  const installed = error.reason === "native_addon_missing" && packageName !== undefined;
  const found = { id: "platform-package", title: "Platform package" };
  const loads = { id: "native-addon", title: "Native addon" };
  if (installed) {
    yield { ...found, outcome: "ok", detail: `${packageName} is installed.` };
    yield { ...loads, outcome: "fail", detail: whatHappened(error), hint };
  } else {
    const failed = isSwitch(error) ? { id: "broker-switch", title: "Broker switch" } : found;
    yield { ...failed, outcome: "fail", detail: whatHappened(error), hint };
    if (failed !== found) yield skip(found.id, found.title);
    yield skip(loads.id, loads.title);
  }
  yield skip("broker", "Broker");
  yield skip("accounts", "Accounts");
}

/** Whether the broker was not even looked for. */
function isSwitch({ reason }: BrokerError): boolean {
  return reason === "turned_off" || reason === "invalid_switch";
}

function skip(id: string, title: string): DiagnosticCheck {
  return { id, title, outcome: "skip", detail: "Not checked, because of what failed above." };
}

async function* checkPlatform(
  broker: Broker,
  flags: DoctorFlags,
  io: CliIo,
): AsyncGenerator<DiagnosticCheck> {
  // The default app is registered already: only an app of the user's own has something to check.
  const { clientId, deep = false } = flags;
  const about = { abortSignal: io.interrupted, deep, ...(clientId !== undefined && { clientId }) };
  if (broker.diagnose !== undefined) yield* broker.diagnose(about);
  else yield* checkByProbe(broker, io);
}

/** For a broker that cannot tell more about its platform than whether it answers. */
async function* checkByProbe(broker: Broker, io: CliIo): AsyncGenerator<DiagnosticCheck> {
  const status = await broker.probe({ abortSignal: io.interrupted });
  const answers = { id: "broker", title: "Broker" };
  if (!status.available) {
    yield { ...answers, outcome: "fail", detail: whatHappened(status.error), hint: status.error.hint };
    return;
  }
  yield { ...answers, outcome: "ok", detail: "It answers." };
  const version = status.brokerVersion ?? "unknown";
  yield {
    id: "broker-version",
    title: "Broker version",
    outcome: "ok",
    detail: status.emulated
      ? `${version}. THIS IS AN EMULATOR: its tokens are worth nothing outside tests.`
      : `${version}.`,
  };
}

async function checkAccounts(broker: Broker, flags: DoctorFlags, io: CliIo): Promise<DiagnosticCheck> {
  const check = { id: "accounts", title: "Accounts" };
  try {
    const clientId = flags.clientId ?? developerSignOnClientId;
    const accounts = await broker.getAccounts({ clientId }, { abortSignal: io.interrupted });
    if (accounts.length === 0)
      return {
        ...check,
        outcome: "ok",
        detail: "Nobody is signed in yet.",
        hint: "Sign in with an app, or with: npx @x/broker token --scope https://graph.microsoft.com/.default",
      };
    const names = accounts.map(({ username }) => username).join(", ");
    const count = accounts.length === 1 ? "1 account" : `${accounts.length} accounts`;
    return {
      ...check,
      outcome: "ok",
      detail: flags.showAccounts === true ? `${count}: ${names}.` : `${count}.`,
    };
  } catch (error) {
    if (isBrokerError(error))
      return { ...check, outcome: "fail", detail: whatHappened(error), hint: error.hint };
    if (error instanceof Error && error.name === "AbortError") throw error;
    return { ...check, outcome: "fail", detail: redactSensitive(String(error)), hint: "Please report this." };
  }
}
