import type { BrokerStatus, DiagnoseOptions, DiagnosticCheck, OperationOptions } from "@x/broker-contract";
import {
  type Call,
  CallLog,
  check,
  Deadline,
  redirectUriCheck,
  skipped,
  versionCheck,
} from "@x/broker-protocol";
import { describeCaller } from "./caller.js";
import { type CompanyPortal, isTooOld } from "./company-portal.js";
import { deepChecks } from "./deep-checks.js";
import type { MacFacts } from "./mac-facts.js";
import { oldestCompanyPortal } from "./protocol.js";
import type { SsoExtension } from "./sso-extension.js";

/** What a diagnosis looks at. */
export interface DiagnosisSources {
  readonly extension: SsoExtension;
  readonly companyPortal: () => Promise<CompanyPortal>;
  readonly probe: (options: OperationOptions) => Promise<BrokerStatus>;
}

/** The checks of this platform, in order. */
const checks = {
  nativeAddon: { id: "native-addon", title: "Native addon" },
  mainThread: { id: "main-thread", title: "Main thread" },
  caller: { id: "caller", title: "This program" },
  companyPortal: { id: "company-portal", title: "Company Portal" },
  broker: { id: "broker", title: "SSO extension" },
  brokerVersion: { id: "broker-version", title: "Broker version" },
  device: { id: "device", title: "Device registration" },
  redirectUri: { id: "redirect-uri", title: "Redirect URI" },
} as const;

/** How long one question may take at most, in milliseconds: those after it need their time, too. */
const longestQuestionInMs = 10_000;

/** Looks at what macOS needs, from the ground up. Rejects only when aborted. */
export async function* diagnose(
  sources: DiagnosisSources,
  options: DiagnoseOptions,
): AsyncGenerator<DiagnosticCheck> {
  const call = diagnosisCall(options);
  const addon = await check(checks.nativeAddon, () => {
    call.deadline.throwIfOver();
    sources.extension.binding();
    return "It loads.";
  });
  yield addon;
  if (addon.outcome === "fail") {
    yield portalCheck(await sources.companyPortal());
    for (const one of [
      checks.mainThread,
      checks.caller,
      checks.broker,
      checks.brokerVersion,
      checks.device,
      checks.redirectUri,
    ])
      yield skipped(one, addon);
    return;
  }
  const facts = sources.extension.facts(call);
  yield* checkGround(sources, call, facts, options);
}

async function* checkGround(
  { extension, companyPortal, probe }: DiagnosisSources,
  { deadline, facts: { correlationId } }: Call,
  facts: MacFacts,
  options: DiagnoseOptions,
): AsyncGenerator<DiagnosticCheck> {
  yield threadCheck(extension.binding().isMainThread());
  const portal = await deadline.race(companyPortal(), () => {});
  yield callerCheck(facts, portal);
  yield portalCheck(portal);
  const timeoutInMs = Math.min(options.timeoutInMs || longestQuestionInMs, longestQuestionInMs);
  const found = await check(checks.broker, async () => {
    await extension.require(extension.binding(), facts, deadline.within(timeoutInMs));
    return "macOS offers one for Microsoft's sign-in.";
  });
  yield found;
  const redirectUri = options.clientId === undefined ? undefined : facts.expectedRedirectUri;
  if (found.outcome === "fail") {
    yield skipped(checks.brokerVersion, found);
    yield skipped(checks.device, found);
    yield redirectUriCheck(checks.redirectUri, redirectUri);
    return;
  }
  const status = await probe({ ...options, correlationId, timeoutInMs });
  yield versionCheck(checks.brokerVersion, status);
  yield deviceCheck(status);
  yield redirectUriCheck(checks.redirectUri, redirectUri);
  if (options.deep === true && status.available) {
    yield* deepChecks(extension, facts, { ...options, correlationId, timeoutInMs });
  }
}

function diagnosisCall(options: DiagnoseOptions): Call {
  const operation = "diagnose";
  // Each question has a limit of its own; here only an abort counts.
  const deadline = new Deadline(operation, "macos", { ...options, timeoutInMs: 0 }, 0);
  const { correlationId } = deadline;
  const facts = { operation, platform: "macos", correlationId } as const;
  return { deadline, facts, log: new CallLog(operation, correlationId, options) };
}

function threadCheck(isMainThread: boolean): DiagnosticCheck {
  if (isMainThread) return { ...checks.mainThread, outcome: "ok", detail: "This is the main thread." };
  return {
    ...checks.mainThread,
    outcome: "fail",
    detail: "This is a worker thread: AuthenticationServices is for the main thread.",
    hint: "Get tokens in the main thread and hand them to the worker.",
  };
}

/** Who asks decides about the redirect URI, and whether an older extension answers at all. */
function callerCheck({ caller, expectedRedirectUri }: MacFacts, portal: CompanyPortal): DiagnosticCheck {
  const detail = `macOS takes it for ${describeCaller(caller)}: the extension expects the redirect URI ${expectedRedirectUri}.`;
  const { bundleIdentifier, signingIdentifier, teamIdentifier } = caller;
  if (bundleIdentifier !== undefined) return { ...checks.caller, outcome: "ok", detail };
  if (signingIdentifier === undefined) {
    return {
      ...checks.caller,
      outcome: "fail",
      detail,
      hint: "The extension refuses programs without a code signature: use the Node.js of nodejs.org, or sign this one: codesign --sign - --force <path of node>.",
    };
  }
  if (teamIdentifier === undefined || !isTooOld(portal)) return { ...checks.caller, outcome: "ok", detail };
  return {
    ...checks.caller,
    outcome: "fail",
    detail,
    hint: `A Company Portal before ${oldestCompanyPortal} refuses signed programs that are no app bundles: update it.`,
  };
}

function portalCheck(portal: CompanyPortal): DiagnosticCheck {
  const titled = checks.companyPortal;
  if (!portal.installed) {
    return {
      ...titled,
      outcome: "fail",
      detail: "The Company Portal, which brings the SSO extension, is not installed.",
      hint: `Install the Company Portal, version ${oldestCompanyPortal} or newer, and enrol this Mac with it.`,
    };
  }
  const detail = portal.version === undefined ? "Installed, version unknown." : `Version ${portal.version}.`;
  if (!isTooOld(portal)) return { ...titled, outcome: "ok", detail };
  return {
    ...titled,
    outcome: "fail",
    detail: `${detail} It is too old for a plain Node.js.`,
    hint: `Update it to version ${oldestCompanyPortal} or newer.`,
  };
}

/** What every answer of the extension says about the device. */
function deviceCheck(status: BrokerStatus): DiagnosticCheck {
  const { wpj_status: registration, ...others } = status.facts;
  const words = ["device_mode", "sso_extension_mode", "platform_sso_status", "sso_provider_type"]
    .map((key) => others[key])
    .filter((word) => word !== undefined);
  const more = words.length === 0 ? "" : ` (${words.join(", ")})`;
  if (registration === undefined) {
    return { ...checks.device, outcome: "skip", detail: `The extension does not tell it${more}.` };
  }
  if (registration === "joined") return { ...checks.device, outcome: "ok", detail: `Registered${more}.` };
  return {
    ...checks.device,
    outcome: "fail",
    detail: `Not registered with any tenant${more}.`,
    hint: "Register this Mac with the Company Portal.",
  };
}
