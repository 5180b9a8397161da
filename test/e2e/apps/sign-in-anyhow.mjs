// Signs in, broker or not, and says who it was and which way it came; the token itself stays here.
import { InteractiveBrowserBrokerCredential } from "@x/broker";

const { CLIENT_ID: clientId, FALLBACK: fallback } = process.env;
const credential = new InteractiveBrowserBrokerCredential({
  ...(clientId === undefined ? {} : { clientId }),
  ...(fallback === undefined ? {} : { fallback }),
});
const { token, route } = await credential.getToken("https://storage.azure.com/.default");
const again = await credential.getToken("https://storage.azure.com/user_impersonation");
const { upn, appid } = JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
const { through, fallbackReason } = route;
console.log(
  JSON.stringify({
    upn,
    appid,
    through,
    reason: fallbackReason?.reason,
    renewedThrough: again.route.through,
  }),
);
