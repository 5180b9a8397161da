import { BrokerError, type DiagnoseOptions, type DiagnosticCheck } from "@x/broker-contract";
import { Deadline } from "@x/broker-protocol";
import { answerFields, readAnswer } from "./answer.js";
import { deviceInfoRequest } from "./device-info.js";
import type { MacFacts } from "./mac-facts.js";
import type { NativeResponse } from "./native.js";
import type { Operation } from "./protocol.js";
import type { ExtensionRequest } from "./request-options.js";
import { ssoCookiesRequest } from "./sso-cookies.js";
import type { Delivery, SsoExtension } from "./sso-extension.js";
import { silentTokenRequest } from "./token-request.js";

/** How long an answer may take that needs no main run loop, before the loop is served, in milliseconds. */
const unservedInMs = 2_000;

/** Nobody: the extension has no token and no cookie for this account, so none can come of asking. */
const nobody = {
  homeAccountId: "00000000-0000-0000-0000-000000000000.00000000-0000-0000-0000-000000000000",
  localAccountId: "00000000-0000-0000-0000-000000000000",
  tenantId: "00000000-0000-0000-0000-000000000000",
  environment: "login.microsoftonline.com",
  username: "nobody@broker-doctor.invalid",
};

/** The app that Azure's developer tools sign in with; its id is public. */
const developerClientId = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

const checks = {
  runLoop: { id: "deep-run-loop", title: "Who needs the main run loop" },
  fields: { id: "deep-answer-fields", title: "Fields of an answer" },
  caller: { id: "deep-caller", title: "Token requests of this program" },
  error: { id: "deep-error-shape", title: "Shape of an error" },
  cookies: { id: "deep-sso-cookies", title: "Browser cookies for this program" },
  window: { id: "deep-window", title: "Sign-in window" },
} as const;

/** What came of a question: the answer as it was, and what is made of it. */
interface Outcome {
  readonly response: NativeResponse | undefined;
  readonly error: BrokerError | undefined;
  readonly elapsedInMs: number;
}

/**
 * Questions whose answers nobody could look up, as they take a managed Mac: no window, no token, no cookie. The answers
 * are worth reporting; none names a person or a device.
 */
export async function* deepChecks(
  extension: SsoExtension,
  facts: MacFacts,
  options: DiagnoseOptions,
): AsyncGenerator<DiagnosticCheck> {
  const ask = async (
    request: ExtensionRequest<Operation>,
    delivery: Partial<Delivery> = {},
  ): Promise<Outcome> => {
    const deadline = new Deadline("diagnose", "macos", options, 0);
    let response: NativeResponse | undefined;
    try {
      response = await extension.ask(request, { interactive: false, ...delivery }, deadline, facts);
      readAnswer(response, request.operation, facts);
      return { response, error: undefined, elapsedInMs: deadline.elapsedInMs };
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return { response, error, elapsedInMs: deadline.elapsedInMs };
    }
  };

  const greeting = await ask(deviceInfoRequest(facts), { serveAfterInMs: unservedInMs });
  yield runLoopCheck(greeting);
  yield fieldsCheck(greeting);

  const { clientId = developerClientId } = options;
  const refusal = await ask(
    silentTokenRequest(
      {
        authority: "https://login.microsoftonline.com/organizations",
        clientId,
        scopes: ["https://graph.microsoft.com/User.Read"],
      },
      {
        account: { ...nobody, tenantId: "organizations" },
        redirectUri: facts.expectedRedirectUri,
        proofKeyId: "",
      },
      facts,
    ),
  );
  yield callerCheck(refusal);
  yield errorCheck(refusal);

  const ssoUrl = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize";
  yield cookiesCheck(await ask(ssoCookiesRequest({ clientId, ssoUrl }, nobody, facts)));
  yield {
    ...checks.window,
    outcome: "skip",
    detail:
      "Not asked, as it would show. Run `npx @x/broker token --scope https://graph.microsoft.com/.default` from a terminal: does the window come to the front, and does it take the keyboard?",
  };
}

function runLoopCheck({ response, error, elapsedInMs }: Outcome): DiagnosticCheck {
  const after = `after ${Math.round(elapsedInMs)} ms`;
  if (response === undefined) {
    return { ...checks.runLoop, outcome: "skip", detail: `No answer ${after} (${error?.code ?? "none"}).` };
  }
  const detail =
    elapsedInMs < unservedInMs
      ? `The answer came ${after}, although nobody served the main run loop.`
      : `The answer came ${after}: only once the main run loop was served (from ${unservedInMs} ms on).`;
  return { ...checks.runLoop, outcome: "ok", detail };
}

function fieldsCheck({ response }: Outcome): DiagnosticCheck {
  if (response === undefined) return { ...checks.fields, outcome: "skip", detail: "There was no answer." };
  return {
    ...checks.fields,
    outcome: "ok",
    detail: `${describeFields(response)} HTTP status ${response.status}.`,
  };
}

/** The names of the fields alone, and how long the longest is: what they say may name the device. */
function describeFields(response: NativeResponse): string {
  const names = response.headers.map(([name]) => name).sort();
  const longest = Math.max(0, ...response.headers.map(([, value]) => value.length));
  return `${names.join(", ")}; the longest has ${longest} characters.`;
}

/** Whether the extension takes requests of this program at all: without `broker_key`, with a `client_sku` of our own. */
function callerCheck({ error }: Outcome): DiagnosticCheck {
  if (error === undefined) return { ...checks.caller, outcome: "ok", detail: "Taken, and answered." };
  const said = `${error.code}${error.reason === undefined ? "" : ` (${error.reason})`}`;
  const native = Object.entries(error.native).map(([key, value]) => `${key}: ${value}`);
  const detail = `Asked for a token of an account that does not exist, it said ${said}${native.length === 0 ? "" : `; ${native.join(", ")}`}.`;
  if (!refusals.has(error.code)) return { ...checks.caller, outcome: "ok", detail: `Taken. ${detail}` };
  return { ...checks.caller, outcome: "fail", detail: `Refused. ${detail}`, hint: error.hint };
}

/** Codes that are about the program or the request, not about the account. */
const refusals: ReadonlySet<string> = new Set([
  "redirect_uri_mismatch",
  "broker_unavailable",
  "invalid_request",
  "protocol_error",
  "timed_out",
]);

function errorCheck({ response, error }: Outcome): DiagnosticCheck {
  if (error === undefined) return { ...checks.error, outcome: "skip", detail: "There was no error." };
  if (response === undefined) {
    return { ...checks.error, outcome: "ok", detail: "It came as an NSError." };
  }
  const codes = answerFields(response)["error_codes"];
  const told = codes === undefined ? "without error_codes" : `with error_codes as ${shapeOf(codes)}`;
  return {
    ...checks.error,
    outcome: "ok",
    detail: `It came as an answer, ${told}. ${describeFields(response)}`,
  };
}

/** How a list of numbers is written: every number as `0`. */
function shapeOf(text: string): string {
  return JSON.stringify(
    text
      .slice(0, 200)
      .replace(/\d+/g, "0")
      .replace(/[^\s0()[\]{},;"']/g, "?"),
  );
}

function cookiesCheck({ response, error }: Outcome): DiagnosticCheck {
  const detail =
    error === undefined
      ? `Answered for an account that does not exist. ${response === undefined ? "" : describeFields(response)}`
      : `Asked for an account that does not exist, it said ${error.code}${error.reason === undefined ? "" : ` (${error.reason})`}.`;
  return { ...checks.cookies, outcome: "ok", detail };
}
