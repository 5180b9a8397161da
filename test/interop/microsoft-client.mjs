// Microsoft's own client, unmodified, in a process of its own: loading @azure/msal-node-runtime blocks the
// JavaScript thread on a D-Bus ping, which the emulator in the parent process has to answer.
//
// Takes { id, call, parameters } over IPC, answers { id, result } or { id, error }.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { PublicClientApplication } from "@azure/msal-node";
import runtimePackage from "@azure/msal-node-runtime";

const { msalNodeRuntime: runtime } = runtimePackage;

// The package's index also imports keytar, whose native part its own install script would download. The
// broker plugin needs no keytar, so it is imported by its own file.
const require = createRequire(import.meta.url);
const packageFile = require.resolve("@azure/msal-node-extensions/package.json");
const pluginFile = new URL("dist/broker/NativeBrokerPlugin.mjs", pathToFileURL(packageFile));
const { NativeBrokerPlugin } = await import(pluginFile.href);

const clientId = process.env.INTEROP_CLIENT_ID ?? "";
const authority = process.env.INTEROP_AUTHORITY ?? "";

const application = new PublicClientApplication({
  auth: { clientId, authority },
  broker: { nativeBrokerPlugin: new NativeBrokerPlugin() },
});

/** The runtime's calls as promises; its results are getters on a native object, so they are read one by one. */
const direct = {
  startup: async () => ({ startupError: plainError(runtime.StartupError) ?? null }),
  discoverAccounts: ({ correlationId }) =>
    settle(
      (done) => runtime.DiscoverAccountsAsync(clientId, correlationId, done),
      (result) => result.accounts.map(plainAccount),
    ),
  signInSilently: (request) =>
    settle(
      (done) => runtime.SignInSilentlyAsync(authParameters(request), request.correlationId, done),
      plainToken,
    ),
  signInInteractively: (request) =>
    settle(
      (done) =>
        runtime.SignInInteractivelyAsync(
          windowHandle(),
          authParameters(request),
          request.correlationId,
          request.loginHint ?? "",
          done,
        ),
      plainToken,
    ),
  acquireTokenSilently: async (request) => {
    const account = await readAccount(request);
    return settle(
      (done) =>
        runtime.AcquireTokenSilentlyAsync(authParameters(request), request.correlationId, account, done),
      plainToken,
    );
  },
  acquireTokenInteractively: async (request) => {
    const account = await readAccount(request);
    return settle(
      (done) =>
        runtime.AcquireTokenInteractivelyAsync(
          windowHandle(),
          authParameters(request),
          request.correlationId,
          account,
          done,
        ),
      plainToken,
    );
  },
  signOutSilently: async (request) => {
    const account = await readAccount(request);
    return settle(
      (done) => runtime.SignOutSilentlyAsync(clientId, request.correlationId, account, done),
      () => ({}),
    );
  },
};

const msal = {
  getAllAccounts: () => application.getAllAccounts(),
  acquireTokenSilent: (request) => application.acquireTokenSilent(request),
  acquireTokenInteractive: (request) =>
    application.acquireTokenInteractive({
      windowHandle: windowHandle(),
      openBrowser: async () => {
        throw new Error("msal-node left the broker and wanted to open a browser.");
      },
      ...request,
    }),
  signOut: async (request) => {
    await application.signOut(request);
    return {};
  },
};

function authParameters({ scopes = ["https://graph.microsoft.com/.default"], claims, pop }) {
  const parameters = new runtime.AuthParameters();
  parameters.CreateAuthParameters(clientId, authority);
  parameters.SetRedirectUri("https://login.microsoftonline.com/common/oauth2/nativeclient");
  parameters.SetRequestedScopes(scopes.join(" "));
  if (claims) parameters.SetDecodedClaims(claims);
  if (pop) parameters.SetPopParams(pop.method, pop.host, pop.path, pop.nonce);
  return parameters;
}

// The runtime reads eight bytes whatever the length; the plugin's own default is a buffer of one.
function windowHandle() {
  return Buffer.alloc(8);
}

function readAccount({ accountId, correlationId }) {
  return settle(
    (done) => runtime.ReadAccountByIdAsync(accountId, correlationId, done),
    (result) => result.account,
  );
}

function settle(start, read) {
  return new Promise((resolve, reject) => {
    start((result) => {
      try {
        result.CheckError();
        resolve(read(result));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function plainToken(result) {
  const { accessToken, authorizationHeader, expiresOn, grantedScopes, idToken, isPopAuthorization } = result;
  return {
    accessToken,
    authorizationHeader,
    expiresOn,
    grantedScopes,
    idToken: JSON.parse(idToken),
    isPopAuthorization,
    account: plainAccount(result.account),
  };
}

function plainAccount(account) {
  const { accountId, environment, homeAccountId, localAccountId, realm, username, displayName } = account;
  return { accountId, environment, homeAccountId, localAccountId, realm, username, displayName };
}

function plainError(error) {
  if (!error) return undefined;
  const { name, message, errorCode, errorStatus, errorContext, errorTag, platformBrokerError } = error;
  const inner = platformBrokerError && {
    errorCode: platformBrokerError.errorCode,
    errorMessage: platformBrokerError.errorMessage,
  };
  return { name, message, errorCode, errorStatus, errorContext, errorTag, platformBrokerError: inner };
}

const calls = { ...direct, ...msal };

process.on("message", async ({ id, call, parameters }) => {
  try {
    process.send?.({ id, result: await calls[call](parameters ?? {}) });
  } catch (error) {
    process.send?.({ id, error: plainError(error) });
  }
});
process.send?.({ ready: true });
