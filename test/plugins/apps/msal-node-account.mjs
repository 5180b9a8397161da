// Signs in with @azure/msal-node through the drop-in, gets the next token silently, and signs out.
import { PublicClientApplication } from "@azure/msal-node";
import { NativeBrokerPlugin } from "@x/broker/msal-node";

const nativeBrokerPlugin = await NativeBrokerPlugin.create();
const app = new PublicClientApplication({
  auth: {
    clientId: process.env.CLIENT_ID ?? "",
    authority: "https://login.microsoftonline.com/organizations",
  },
  broker: { nativeBrokerPlugin },
});
const scopes = ["https://storage.azure.com/.default"];
const usernames = async () => (await app.getAllAccounts()).map(({ username }) => username);

const { account, accessToken, fromPlatformBroker } = await app.acquireTokenInteractive({
  scopes,
  prompt: "select_account",
  openBrowser: async () => {},
});
if (account === null) throw new Error("There is no account.");
const silent = await app.acquireTokenSilent({ scopes, account });
const before = await usernames();
await app.signOut({ account });
const again = await app
  .acquireTokenSilent({ scopes, account })
  .catch(({ name, errorCode }) => ({ name, errorCode }));
console.log(
  JSON.stringify({
    isBrokerAvailable: nativeBrokerPlugin.isBrokerAvailable,
    fromPlatformBroker,
    tokens: [accessToken, silent.accessToken],
    before,
    after: await usernames(),
    again,
  }),
);
