// Our side: one platform's broker package, by its name and the name of the function that makes a broker, so that the
// same bench serves every platform that has a stub.
import { InteractiveBrowserBrokerCredential } from "@x/broker";
import { authority, clientId, redirectUri, scope } from "../canned-answers.mjs";
import { measureIdleLoop, serve } from "./measure-calls.mjs";

const [packageName = "", createName = ""] = process.argv.slice(2);
const { [createName]: createBroker } = await import(packageName);
const broker = createBroker();
/** @type {any} */
let account;
const request = { authority, clientId, redirectUri, scopes: [scope] };
const known = async () => {
  account ??= (await broker.getAccounts({ clientId }))[0];
  return account;
};

serve(
  {
    probe: () => broker.probe(),
    accounts: () => broker.getAccounts({ clientId }),
    silent: () =>
      account
        ? broker.acquireTokenSilently({ ...request, account })
        : known().then(() => broker.acquireTokenSilently({ ...request, account })),
    interactive: async () => broker.acquireTokenInteractively({ ...request, account: await known() }),
    signOut: async () => broker.signOut({ clientId, account: await known() }),
  },
  {
    cached: async ({ count }) => {
      const credential = new InteractiveBrowserBrokerCredential({
        broker,
        clientId,
        useDefaultBrokerAccount: true,
      });
      const run = async () => {
        const started = performance.now();
        for (let i = 0; i < count; i++) await credential.getToken(scope);
        return ((performance.now() - started) * 1e6) / count;
      };
      await run();
      return run();
    },
    // The least that an asynchronous look-up can cost.
    floorOfCached: async ({ count }) => {
      const tokens = new Map([[scope, { token: "token", expiresOnTimestamp: 1 }]]);
      const getToken = async (/** @type {string} */ wanted) => tokens.get(wanted);
      const run = async () => {
        const started = performance.now();
        for (let i = 0; i < count; i++) await getToken(scope);
        return ((performance.now() - started) * 1e6) / count;
      };
      await run();
      return run();
    },
    idleLoop: measureIdleLoop,
    count: async () => (await broker.getAccounts({ clientId })).length,
  },
);
