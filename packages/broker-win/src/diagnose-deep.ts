import { release } from "node:os";
import type { DiagnosticCheck } from "@x/broker-contract";
import { type Call, check, type TitledCheck } from "@x/broker-protocol";
import type { NativeProvider, NativeTokenResult } from "./native.js";
import { probeTokenBinding } from "./proof-of-possession.js";
import type { Wam } from "./wam.js";
import {
  type AccountKind,
  findAccountsStatus,
  hex,
  requestStatus,
  requestStatusNames,
} from "./wam-constants.js";

/**
 * Questions that nobody could ask a real Windows yet, for `broker doctor --deep`: the answers tell whether
 * docs/fidelity.md is right. They get no token, show no window, and name no account.
 */
const questions = {
  authorities: { id: "deep-authorities", title: "Plug-ins by authority" },
  workListing: { id: "deep-work-accounts", title: "How work accounts are listed" },
  personalListing: { id: "deep-personal-accounts", title: "How personal accounts are listed" },
  tokenBinding: { id: "deep-token-binding", title: "Tokens bound to a key of Windows" },
  windows: { id: "deep-windows", title: "Windows of this process" },
} as const satisfies Record<string, TitledCheck>;

/** Authorities that lead to a plug-in, as Microsoft's client asks for it (captured). */
const authorities = [
  "organizations",
  "consumers",
  "https://login.microsoftonline.com/common",
  "https://login.microsoftonline.com/organizations",
  "https://login.microsoftonline.us/organizations",
  "https://login.partner.microsoftonline.cn/organizations",
];

export async function* deepChecks(
  wam: Wam,
  clientId: string | undefined,
  oneCall: () => Call,
): AsyncGenerator<DiagnosticCheck> {
  yield await check(questions.authorities, async () => {
    const answers: string[] = [];
    for (const authority of authorities)
      answers.push(`${authority} -> ${describeProvider(await wam.findProvider(authority, oneCall()))}`);
    return `${answers.join("; ")}.`;
  });
  for (const kind of ["organizations", "consumers"] as const) {
    const titled = kind === "organizations" ? questions.workListing : questions.personalListing;
    if (clientId === undefined) yield { ...titled, outcome: "skip", detail: needsClientId };
    else yield await check(titled, () => listing(wam, kind, clientId, oneCall()));
  }
  yield await check(questions.tokenBinding, async () =>
    describeProbe(await probeTokenBinding(wam, oneCall())),
  );
  yield await check(questions.windows, () => describeWindows(wam));
}

const needsClientId = "Accounts are listed for an app: give its client id (--client-id).";

function describeProvider(provider: NativeProvider | null): string {
  if (provider === null) return "none";
  const { id, authority } = provider;
  return `${id} (${authority ?? "tells no authority"})`;
}

/** What the feature probe was answered; nobody has seen that from a real plug-in. */
function describeProbe({ status, responses, error }: NativeTokenResult): string {
  const name = requestStatusNames[status] ?? "unknown";
  const names = responses.flatMap(({ properties }) => Object.keys(properties)).sort();
  const told = error === undefined ? "no error" : `error ${hex(error.code)}`;
  const binds = status === requestStatus.success ? "binds" : "does not bind";
  return `Status ${status} (${name}), ${told}, ${responses.length} response(s) with the properties ${names.join(", ") || "(none)"}: Windows ${binds} tokens to a key of its own.`;
}

function describeWindows({ binding }: Wam): string {
  const describe = (window: bigint) => {
    if (window === 0n) return "none";
    const { className = "unknown", visible, sameDesktop } = binding.windowFacts(window);
    return `class ${className}, visible ${visible ?? "unknown"}, same desktop ${sameDesktop ?? "unknown"}`;
  };
  return `Windows ${release()}. Console or terminal: ${describe(binding.consoleWindow())}. Desktop: ${describe(binding.desktopWindow())}.`;
}

async function listing(wam: Wam, kind: AccountKind, clientId: string, call: Call): Promise<string> {
  const provider = await wam.findProvider(kind, call);
  if (provider === null) return "There is no such plug-in.";
  const { status, accounts } = await wam.rawAccounts(provider, clientId, call);
  if (status !== findAccountsStatus.success) return `FindAllWebAccountsStatus ${status}.`;
  // Names of properties only: their values are somebody's.
  const names = new Set(accounts.flatMap(({ properties }) => Object.keys(properties)));
  const withId = accounts.filter(({ id }) => id !== undefined).length;
  return `${accounts.length} account(s), ${withId} with an id, with the properties ${[...names].sort().join(", ") || "(none)"}.`;
}
