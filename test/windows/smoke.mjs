// What a hosted Windows can tell, which has a WAM but nobody signed in: the addon loads, every call that needs no
// account ends, with an answer or with an error of Windows', and the process ends by itself. Prints what it saw.
import { load } from "../../packages/broker-win/native-binding.cjs";

/** Far longer than any of these calls takes. */
const limitInMs = 60_000;
const addon = load();

/**
 * @template T
 * @param {string} name
 * @param {import("../../packages/broker-win/src/native.js").NativeOperation<T>} operation
 * @returns {Promise<T | undefined>} nothing if Windows refused it
 */
async function tell(name, operation) {
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    operation.cancel();
  }, limitInMs);
  try {
    const value = await operation.result;
    console.log(name, value);
    return value;
  } catch (error) {
    if (hung || !(error instanceof Error) || !("hresult" in error)) throw error;
    console.log(name, error.message);
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

console.log("session", addon.session());
console.log("console", addon.windowFacts(addon.consoleWindow()));
console.log("desktop", addon.windowFacts(addon.desktopWindow()));
await tell("default provider", addon.findProvider({ id: "https://login.windows.local" }));
const id = "https://login.microsoft.com";
for (const authority of ["organizations", "consumers"]) {
  const provider = await tell(authority, addon.findProvider({ id, authority }));
  if (!provider) continue;
  const clientId = "00000000-0000-0000-0000-000000000000";
  await tell("accounts", addon.findAccounts({ provider, clientId }));
  await tell("account", addon.findAccount({ provider, accountId: "none" }));
  // Goes through the whole of a request: its factory, both maps, the correlation id.
  const request = {
    mode: /** @type {const} */ ("silent"),
    provider,
    clientId: "",
    scope: "IsFeatureSupported:TokenBinding",
    properties: { wam_compat: "2.0" },
    appProperties: { shr_u: "example.com" },
    correlationId: "11111111-2222-4333-8444-555555555555",
  };
  await tell("feature", addon.requestToken(request));
}
console.log("left", addon.stats());
