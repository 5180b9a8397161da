import { randomUUID } from "node:crypto";
import { Refusal } from "../tenant/refusal.js";
import type { DeviceGrant } from "./grant-book.js";
import { closingPage, deviceLoginPath, enterCodePage } from "./pages.js";
import type { SignInOutcome, SignInStart, SignIns } from "./sign-ins.js";
import type { TenantRules } from "./tenant-rules.js";
import {
  errorFields,
  json,
  missingField,
  type OAuthError,
  oauthErrorOf,
  type WebAnswer,
  type WebRequest,
} from "./web-answer.js";

/** How long codes for devices are good for, and how often a device may ask. */
export interface DeviceCodeTimes {
  readonly expiresInSeconds: number;
  readonly intervalInSeconds: number;
}

/** `/oauth2/v2.0/devicecode`: gives a device its code. */
export function startDevice(
  rules: TenantRules,
  signIns: SignIns,
  { form, tenant, gone }: WebRequest,
  base: string,
  { expiresInSeconds, intervalInSeconds }: DeviceCodeTimes,
): WebAnswer {
  const correlationId = form.get("client-request-id") ?? randomUUID();
  const now = rules.tenant.now();
  const fail = (error: OAuthError): WebAnswer =>
    json(error.status ?? 400, errorFields(error, correlationId, now));
  for (const name of ["client_id", "scope"]) if (form.get(name) === null) return fail(missingField(name));
  const grant = {
    clientId: form.get("client_id") ?? "",
    tenant,
    scopes: (form.get("scope") ?? "").split(" ").filter((scope) => scope !== ""),
    claims: form.get("claims") ?? "",
    nonce: undefined,
  };
  try {
    rules.prepare(grant, { method: "acquireTokenInteractively", correlationId });
  } catch (error) {
    if (error instanceof Refusal) return fail(oauthErrorOf(error));
    throw error;
  }
  const { deviceCode, userCode } = rules.book.addDevice({
    ...grant,
    expiresAt: now + expiresInSeconds * 1000,
    intervalInMs: intervalInSeconds * 1000,
    lastPollAt: undefined,
    state: { kind: "pending" },
  });
  const device = rules.book.device(deviceCode);
  if (device !== undefined && signIns.isUnattended) letUserAct(signIns, device, correlationId, gone);
  const verificationUri = `${base}${deviceLoginPath}`;
  return json(200, {
    user_code: userCode,
    device_code: deviceCode,
    verification_uri: verificationUri,
    expires_in: expiresInSeconds,
    interval: intervalInSeconds,
    message: `To sign in, use a web browser to open the page ${verificationUri} and enter the code ${userCode} to authenticate.`,
  });
}

/** The emulated user reads the code off the device and goes to the page with it. */
function letUserAct(signIns: SignIns, device: DeviceGrant, correlationId: string, gone: AbortSignal): void {
  const start: SignInStart = { ...startOf(device, correlationId), finish: () => undefined };
  signIns.act(start, gone).then(
    (outcome) => settle(device, outcome),
    // Whoever does nothing, does nothing: the code ends by itself.
    () => {},
  );
}

/** `/devicelogin`: the page where a person enters the code. */
export async function deviceLogin(
  { book, tenant, tenantName }: TenantRules,
  signIns: SignIns,
  { method, form, gone }: WebRequest,
): Promise<WebAnswer> {
  if (method !== "POST") return enterCodePage(tenantName);
  const device = book.deviceByUserCode(form.get("code") ?? "");
  if (device === undefined || device.state.kind !== "pending" || device.expiresAt <= tenant.now())
    return enterCodePage(tenantName, "That code didn't work. Check the code and try again.");
  const appName = tenant.findApp(device.clientId)?.name ?? device.clientId;
  const finish = (outcome: SignInOutcome): WebAnswer => {
    settle(device, outcome);
    if (outcome.kind === "signed_in")
      return closingPage(
        tenantName,
        "You're signed in",
        `You have signed in to ${appName} on your device. You may now close this window.`,
      );
    if (outcome.kind === "refused")
      return closingPage(tenantName, "You can't sign in here", outcome.refusal.message);
    return closingPage(tenantName, "You have not signed in", `${appName} was not let in.`);
  };
  return signIns.begin({ ...startOf(device, randomUUID()), finish }, gone);
}

function startOf(device: DeviceGrant, correlationId: string): Omit<SignInStart, "finish"> {
  return { grant: device, correlationId, loginHint: undefined, prompt: undefined, isForDevice: true };
}

function settle(device: DeviceGrant, outcome: SignInOutcome): void {
  if (device.state.kind !== "pending") return;
  device.state =
    outcome.kind === "signed_in"
      ? { kind: "granted", homeAccountId: outcome.account.homeAccountId }
      : { kind: "declined" };
}
