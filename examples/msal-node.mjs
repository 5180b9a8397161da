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

// Without a window where the broker knows the user; where there is no broker, msal-node turns to the browser.
const result = await app.acquireTokenInteractive({
  scopes: ["https://graph.microsoft.com/User.Read"],
  openBrowser: async (url) => console.error(`Open ${url}`),
});

console.log(`${result.account?.username} is signed in until ${result.expiresOn?.toISOString()}.`);
