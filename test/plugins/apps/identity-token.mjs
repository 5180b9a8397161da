// Gets tokens with @azure/identity through the drop-in: with an account picker, then silently.
import { InteractiveBrowserCredential, useIdentityPlugin } from "@azure/identity";
import { nativeBrokerPlugin } from "@x/broker/identity";

useIdentityPlugin(nativeBrokerPlugin);
const credential = new InteractiveBrowserCredential({
  clientId: process.env.CLIENT_ID ?? "",
  tenantId: "organizations",
  brokerOptions: { enabled: true, parentWindowHandle: new Uint8Array(0) },
});
try {
  const { token } = await credential.getToken("https://storage.azure.com/.default");
  const second = await credential.getToken("https://graph.microsoft.com/.default");
  console.log(JSON.stringify([token, second.token]));
} catch (error) {
  const { name, code, reason, message } = /** @type {Error & Record<string, unknown>} */ (error);
  console.log(JSON.stringify({ name, code, reason, message }));
}
