// Signs in with @azure/msal-node, through the operating system's broker.
//
//   CLIENT_ID=<client id of your app registration> node msal-node.mjs
import { PublicClientApplication } from "@azure/msal-node";
import { NativeBrokerPlugin } from "@x/broker/msal-node";

const app = new PublicClientApplication({
  auth: {
    clientId: process.env.CLIENT_ID ?? "",
    authority: "https://login.microsoftonline.com/organizations",
  },
  broker: { nativeBrokerPlugin: new NativeBrokerPlugin() },
});
const scopes = ["https://graph.microsoft.com/User.Read"];

// Whom the broker knows is asked for without a window. Where there is no broker, msal-node turns to the browser.
const [account] = await app.getAllAccounts();
const result = account
  ? await app.acquireTokenSilent({ scopes, account })
  : await app.acquireTokenInteractive({
      scopes,
      openBrowser: async (url) => console.error(`Open ${url}`),
    });

console.log(`${result.account?.username} is signed in until ${result.expiresOn?.toISOString()}.`);
