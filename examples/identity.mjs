// Signs in with @azure/identity, through the operating system's broker.
//
//   node identity.mjs
import { InteractiveBrowserCredential, useIdentityPlugin } from "@azure/identity";
import { nativeBrokerPlugin } from "@x/broker/identity";

useIdentityPlugin(nativeBrokerPlugin);

const credential = new InteractiveBrowserCredential({
  brokerOptions: { enabled: true, parentWindowHandle: new Uint8Array(0), useDefaultBrokerAccount: true },
});
const { expiresOnTimestamp } = await credential.getToken("https://storage.azure.com/.default");

console.log(`There is a token until ${new Date(expiresOnTimestamp).toISOString()}.`);
