// The calls that are measured of a broker, whichever platform's it is.
import { InteractiveBrowserBrokerCredential } from "@x/broker";
import { authority, clientId, redirectUri, scope } from "../canned-answers.mjs";
import { measureIdleLoop } from "./measure-calls.mjs";

/**
 * @param {any} broker
 * @param {Readonly<Record<string, unknown>>} [usual] what else this platform's token requests have
 */
export function callsOf(broker, usual = { redirectUri }) {
  /** @type {any} */
  let account;
  const request = { authority, clientId, scopes: [scope], ...usual };
  const known = async () => {
    account ??= (await broker.getAccounts({ clientId }))[0];
    return account;
  };
  return {
    probe: () => broker.probe(),
    accounts: () => broker.getAccounts({ clientId }),
    silent: () =>
      account
        ? broker.acquireTokenSilently({ ...request, account })
        : known().then(() => broker.acquireTokenSilently({ ...request, account })),
    interactive: async () => broker.acquireTokenInteractively({ ...request, account: await known() }),
    signOut: async () => broker.signOut({ clientId, account: await known() }),
  };
}

/** What else is asked of the process. */
export function othersOf(/** @type {any} */ broker) {
  return {
    cached: async (/** @type {{ count: number }} */ { count }) => {
      const credential = new InteractiveBrowserBrokerCredential({
        broker,
        clientId,
        useDefaultBrokerAccount: true,
      });
      return nanosecondsPerCall(count, () => credential.getToken(scope));
    },
    // The least that an asynchronous look-up can cost.
    floorOfCached: async (/** @type {{ count: number }} */ { count }) => {
      const tokens = new Map([[scope, { token: "token", expiresOnTimestamp: 1 }]]);
      const getToken = async (/** @type {string} */ wanted) => tokens.get(wanted);
      return nanosecondsPerCall(count, () => getToken(scope));
    },
    idleLoop: measureIdleLoop,
    count: async () => (await broker.getAccounts({ clientId })).length,
  };
}

/**
 * The second of two runs: the first compiles, and fills what is to be hit.
 * @param {number} count
 * @param {() => Promise<unknown>} call
 */
async function nanosecondsPerCall(count, call) {
  const run = async () => {
    const started = performance.now();
    for (let i = 0; i < count; i++) await call();
    return ((performance.now() - started) * 1e6) / count;
  };
  await run();
  return run();
}
