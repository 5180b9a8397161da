import type { BrokerError, BrokerErrorCode, NativeErrorFacts } from "@x/broker-contract";
import {
  aadstsForTheUser,
  callError,
  findAadsts,
  foreignText,
  knownAadsts,
  parseObject,
  quoted,
  redirectUriAdvice,
  textField,
} from "@x/broker-protocol";
import type { AnswerFields } from "./answer.js";
import {
  appleCodes,
  appSsoCodes,
  type Meaning,
  type MeaningName,
  meanings,
  microsoftCodes,
  oauthErrors,
} from "./error-meanings.js";
import type { MacFacts } from "./mac-facts.js";
import type { NativeErrorLink } from "./native.js";

export const appleDomain = "com.apple.AuthenticationServices.AuthorizationError";
const appSsoDomain = "com.apple.AppSSO.AuthorizationError";
const urlDomain = "NSURLErrorDomain";
/** Microsoft's error is the one beneath. */
const microsoftErrorBeneath = -6000;

/** Failed requests to the tenant (Apple's URL loading errors): no connection, no name, no answer, no TLS. */
const isNetworkCode = (code: number) =>
  (code <= -1001 && code >= -1009) || (code <= -1018 && code >= -1020) || code === -1200;

/** What an error says, in whichever of its two shapes it came. */
interface Failure {
  readonly meaning: MeaningName;
  readonly description: string;
  /** Numbers of Entra's error, without `AADSTS`. */
  readonly entraCodes: string;
  readonly claims: string | undefined;
  readonly native: NativeErrorFacts;
}

/**
 * The error of an answer that is one: the callback for success came, with OAuth's fields and `success` 0. Any part of
 * it may be missing.
 */
export function answerError(fields: AnswerFields, facts: MacFacts): BrokerError {
  const oauthError = textField(fields, "error");
  const native: Record<string, string> = {};
  for (const [name, key] of [
    ["oauthError", "error"],
    ["oauthSubError", "suberror"],
    ["brokerVersion", "broker_version"],
  ] as const) {
    const value = textField(fields, key);
    if (value !== undefined) native[name] = shortText(value, facts);
  }
  return failureError(
    {
      meaning: oauthMeaning(oauthError, textField(fields, "suberror")) ?? "broker_failed",
      description: decoded(textField(fields, "error_description") ?? ""),
      entraCodes: textField(fields, "error_codes") ?? "",
      claims: claimsIn(fields),
      native,
    },
    facts,
  );
}

/** The error of a request that failed: Apple's, and those beneath it. */
export function chainError(chain: readonly NativeErrorLink[], about: MacFacts): BrokerError {
  const facts = { ...about, personalData: [...(about.personalData ?? []), ...usersIn(chain)] };
  const microsoft = chain.filter(({ domain }) => /^MS(?:AL|ID)\w*$/.test(domain));
  // The outermost may say no more than that something beneath it failed.
  const telling =
    microsoft.find((link) => microsoftMeaning(link) !== undefined) ??
    microsoft[0] ??
    chain.find(({ domain }) => domain === appSsoDomain) ??
    chain[0];
  const descriptions = microsoft.map((link) => microsoftInfo(link, "ErrorDescriptionKey"));
  return failureError(
    {
      meaning: chainMeaning(chain, microsoft),
      description: descriptions.find((text) => text !== undefined) ?? telling?.localizedDescription ?? "",
      entraCodes: (telling && microsoftInfo(telling, "STSErrorCodesKey")) ?? "",
      claims: undefined,
      native: chainFacts(chain, telling, facts),
    },
    facts,
  );
}

/** The users that errors name in a field of their own: a name need not look like one. */
function usersIn(chain: readonly NativeErrorLink[]): string[] {
  return chain
    .map((link) => microsoftInfo(link, "DisplayableUserIdKey"))
    .filter((name) => name !== undefined);
}

function chainMeaning(chain: readonly NativeErrorLink[], microsoft: readonly NativeErrorLink[]): MeaningName {
  const known = microsoft.map(microsoftMeaning).find((meaning) => meaning !== undefined);
  if (known !== undefined) return known;
  if (chain.some(({ domain, code }) => domain === urlDomain && isNetworkCode(code))) return "no_network";
  if (microsoft.length > 0) return "broker_failed";
  const appSso = chain.find(({ domain, code }) => domain === appSsoDomain && appSsoCodes.has(code));
  if (appSso !== undefined) return appSsoCodes.get(appSso.code) ?? "broker_failed";
  const [outermost] = chain;
  if (outermost?.domain !== appleDomain) return "broker_failed";
  if (outermost.code === microsoftErrorBeneath) return "invalid_answer";
  return appleCodes.get(outermost.code) ?? "broker_failed";
}

/** What Microsoft's error means; `undefined` where it says no more than that it failed. */
function microsoftMeaning(link: NativeErrorLink): MeaningName | undefined {
  const status = Number(microsoftInfo(link, "HTTPResponseCodeKey"));
  if (status === 429 || status >= 500) return "server_busy";
  const internal = Number(microsoftInfo(link, "InternalErrorCodeKey"));
  return (
    microsoftCodes.get(link.code) ??
    microsoftCodes.get(internal) ??
    oauthMeaning(microsoftInfo(link, "OAuthErrorKey"), microsoftInfo(link, "OAuthSubErrorKey"))
  );
}

function oauthMeaning(oauthError = "", subError: string | undefined): MeaningName | undefined {
  if (subError === "protection_policy_required") return "protection_policy";
  return oauthErrors.get(oauthError);
}

/** A fact among those of a Microsoft error: its client writes them with one prefix, the library beneath with another. */
function microsoftInfo({ userInfo }: NativeErrorLink, name: string): string | undefined {
  return textField(userInfo, `MSAL${name}`) ?? textField(userInfo, `MSID${name}`);
}

function chainFacts(
  chain: readonly NativeErrorLink[],
  telling: NativeErrorLink | undefined,
  facts: MacFacts,
): NativeErrorFacts {
  if (telling === undefined) return {};
  const native: Record<string, string | number> = {
    errorDomain: shortText(telling.domain, facts),
    errorCode: telling.code,
  };
  for (const [name, key] of [
    ["internalCode", "InternalErrorCodeKey"],
    ["oauthError", "OAuthErrorKey"],
    ["oauthSubError", "OAuthSubErrorKey"],
    ["httpStatus", "HTTPResponseCodeKey"],
    ["brokerVersion", "BrokerVersionKey"],
  ] as const) {
    const value = microsoftInfo(telling, key);
    if (value !== undefined)
      native[name] = /^-?\d{1,9}$/.test(value) ? Number(value) : shortText(value, facts);
  }
  if (chain.length > 1) {
    const links = chain.map(({ domain, code }) => `${domain} ${code}`);
    native["errorChain"] = foreignText(links.join(" > "), facts);
  }
  return native;
}

function failureError(failure: Failure, facts: MacFacts): BrokerError {
  const { description, claims } = failure;
  const aadsts = findAadsts(description) ?? firstEntraCode(failure.entraCodes);
  const known = aadsts === undefined ? undefined : knownAadsts[aadsts];
  const meaning: Meaning = refined(failure, aadsts, facts);
  const code = known?.code ?? meaning.code;
  const sameCode = code === meaning.code;
  const reason = known?.reason ?? (sameCode ? meaning.reason : undefined);
  const redirectUri = wantedRedirectUri(code, known !== undefined, facts);

  const hints = [known?.hint ?? meaning.hint].filter((hint) => hint !== "");
  const named = redirectUri ?? (reason === "incorrect_configuration" ? facts.redirectUri : undefined);
  if (named !== undefined) hints.push(redirectUriAdvice(named));
  const text = foreignText(description, facts);
  return callError(code, facts, {
    message: `${sentence(code, known !== undefined, meaning.message, facts)}${quoted("The extension says", text)}`,
    hint: hints.join(" "),
    native: failure.native,
    retryable: sameCode && meaning.retryable === true,
    ...(reason !== undefined && { reason }),
    ...(aadsts !== undefined && { aadsts }),
    ...(redirectUri !== undefined && { redirectUri }),
    ...(claims !== undefined && { claims }),
  });
}

/** The meaning, where the call or the text says more than the error's number. */
function refined({ meaning, description }: Failure, aadsts: string | undefined, facts: MacFacts): Meaning {
  if (meaning === "broker_failed" && aadsts !== undefined && aadstsForTheUser.has(aadsts))
    return meanings.interaction_required;
  // Nobody could have closed a window.
  if (meaning === "user_canceled" && !facts.interactive) return meanings.canceled_by_system;
  const isAboutCaller =
    meaning === "redirect_uri" || (meaning === "invalid_request" && aboutCaller.test(description));
  if (!isAboutCaller) return meanings[meaning];
  const { bundleIdentifier, signingIdentifier } = facts.caller;
  if (bundleIdentifier === undefined && signingIdentifier === undefined) return meanings.caller_unidentified;
  // The right URI, and refused all the same: that is about the program.
  const isRight = facts.redirectUri === undefined || facts.redirectUri === facts.expectedRedirectUri;
  return isRight && bundleIdentifier === undefined ? meanings.caller_refused : meanings.redirect_uri;
}

/** How the extension says that program and redirect URI do not go together (reported by several people). */
const aboutCaller = /redirect[ _]?uri|sou?r?ce ?app|teamid is missing/i;

/** The tenant lacks the URI that was sent; the extension names another one than the program's own. */
function wantedRedirectUri(code: BrokerErrorCode, isTenant: boolean, facts: MacFacts): string | undefined {
  if (code !== "redirect_uri_mismatch") return undefined;
  return isTenant ? (facts.redirectUri ?? facts.expectedRedirectUri) : facts.expectedRedirectUri;
}

function sentence(code: BrokerErrorCode, isTenant: boolean, message: string, facts: MacFacts): string {
  if (code === "redirect_uri_mismatch" && isTenant) return "The redirect URI is not registered for the app.";
  if (code === "interaction_required" && facts.scopes !== undefined) {
    return `${message.replace(/\.$/, "")} (for ${facts.scopes.join(" ")}).`;
  }
  return message;
}

/** The first of Entra's numbers in a list of them, however the list is written. */
function firstEntraCode(text: string): string | undefined {
  const number = /\b\d{4,9}\b/.exec(text)?.[0];
  return number === undefined ? undefined : `AADSTS${number}`;
}

/** The claims that the tenant wants, if they are any. */
function claimsIn(fields: AnswerFields): string | undefined {
  const claims = textField(fields, "claims");
  return claims !== undefined && parseObject(claims) !== undefined ? claims : undefined;
}

/** A fact that should be a word, made fit for an error. */
function shortText(text: string, facts: MacFacts): string {
  return foreignText(text, facts).slice(0, 150);
}

/** A text that came percent-encoded; as it is where it did not. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
