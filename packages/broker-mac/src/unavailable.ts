import type { BrokerError } from "@x/broker-contract";
import { type CallFacts, callError } from "@x/broker-protocol";
import { type CompanyPortal, isTooOld } from "./company-portal.js";
import { oldestCompanyPortal } from "./protocol.js";

/** How long the extension may be missing after enrolment or an update: people saw 10 to 15 seconds. */
const loadingTimeInMs = 60_000;

const profile =
  "Enrol this Mac with your organization (Company Portal > Sign in); its administrator assigns the single sign-on profile (com.apple.extensiblesso).";

/** Why macOS has no SSO extension for Microsoft's sign-in. */
export function noExtension(portal: CompanyPortal, facts: CallFacts, now = Date.now()): BrokerError {
  const native = { companyPortal: portal.installed ? (portal.version ?? "installed") : "missing" };
  if (!portal.installed) {
    return callError("broker_unavailable", facts, {
      reason: "not_installed",
      message: "This Mac has no SSO extension for Microsoft's sign-in: the Company Portal is not installed.",
      hint: `Install the Company Portal (https://go.microsoft.com/fwlink/?linkid=853070), version ${oldestCompanyPortal} or newer. ${profile}`,
      native,
    });
  }
  if (portal.changedAt !== undefined && now - portal.changedAt < loadingTimeInMs) {
    return callError("broker_unavailable", facts, {
      reason: "extension_not_loaded",
      message:
        "macOS has not loaded the SSO extension yet: the Company Portal was installed or updated just now.",
      hint: "Try again in a quarter of a minute.",
      native,
      retryable: true,
    });
  }
  if (isTooOld(portal)) {
    return callError("broker_unavailable", facts, {
      reason: "company_portal_too_old",
      message: `macOS offers no SSO extension for Microsoft's sign-in, and the Company Portal is too old (version ${portal.version}).`,
      hint: `Update it to version ${oldestCompanyPortal} or newer. ${profile}`,
      native,
    });
  }
  return callError("broker_unavailable", facts, {
    reason: "extension_not_configured",
    message:
      "macOS offers no SSO extension for Microsoft's sign-in, although the Company Portal is installed.",
    hint: `${profile} System Settings > General > Device Management lists the profiles. Right after enrolment it takes some seconds: try again.`,
    native,
    retryable: true,
  });
}
