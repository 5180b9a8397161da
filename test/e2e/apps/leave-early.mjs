// Ends while the tenant still owes it an answer: after an abort, or during a renewal in the background.
import { InteractiveBrowserBrokerCredential } from "@x/broker";

const scope = "https://storage.azure.com/.default";
const credential = new InteractiveBrowserBrokerCredential({
  fallback: "device-code",
  userPromptCallback() {},
});

if (process.argv[2] === "abort") {
  const controller = new AbortController();
  process.once("SIGUSR2", () => controller.abort());
  console.log("asking");
  await credential
    .getToken(scope, { abortSignal: controller.signal })
    .catch((error) => console.log(error.name));
} else {
  await credential.getToken(scope);
  const now = Date.now;
  Date.now = () => now() + 51 * 60_000;
  await credential.getToken(scope);
  console.log("renewing");
}
