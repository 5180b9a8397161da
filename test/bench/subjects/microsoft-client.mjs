// The peer: Microsoft's own runtime, called as @azure/msal-node-extensions calls it.
import { randomUUID } from "node:crypto";
import runtimePackage from "@azure/msal-node-runtime";
import { authority, clientId, redirectUri, scope } from "../canned-answers.mjs";
import { serve } from "./measure-calls.mjs";

const { msalNodeRuntime: runtime } = runtimePackage;
if (runtime.StartupError) throw new Error(`The runtime did not start: ${runtime.StartupError.errorContext}`);

/** @param {(done: (result: any) => void) => void} start */
function settle(start) {
  return new Promise((resolve, reject) => {
    start((result) => {
      try {
        result.CheckError();
        resolve(result);
      } catch (error) {
        // The runtime throws plain objects.
        const { errorStatus, errorContext } = /** @type {any} */ (error);
        reject(errorContext === undefined ? error : new Error(`status ${errorStatus}: ${errorContext}`));
      }
    });
  });
}

function parameters() {
  const made = new runtime.AuthParameters();
  made.CreateAuthParameters(clientId, authority);
  made.SetRedirectUri(redirectUri);
  made.SetRequestedScopes(scope);
  return made;
}

/** @type {Promise<any> | undefined} */
let signedIn;
// The account of a sign-in: without a Secret Service the runtime forgets those it has listed.
const account = () => {
  signedIn ??= settle((done) => runtime.SignInSilentlyAsync(parameters(), randomUUID(), done)).then(
    (result) => result.account,
  );
  return signedIn;
};
const token = (/** @type {any} */ result) => {
  if (result.accessToken.length < 100) throw new Error("That is no token.");
};

const silent = async () => {
  const who = await account();
  token(await settle((done) => runtime.AcquireTokenSilentlyAsync(parameters(), randomUUID(), who, done)));
};

serve({
  accounts: async () => {
    const result = await settle((done) => runtime.DiscoverAccountsAsync(clientId, randomUUID(), done));
    return result.accounts.length;
  },
  silent,
  // A token for a day is answered from its own cache.
  cached: silent,
  interactive: async () => {
    const who = await account();
    const handle = Buffer.alloc(8);
    token(
      await settle((done) =>
        runtime.AcquireTokenInteractivelyAsync(handle, parameters(), randomUUID(), who, done),
      ),
    );
  },
  signOut: async () => {
    const who = await account();
    await settle((done) => runtime.SignOutSilentlyAsync(clientId, randomUUID(), who, done));
  },
});
