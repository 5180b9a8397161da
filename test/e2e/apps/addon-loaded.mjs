// Signs in, and tells whether the native addon was loaded for it.
import { InteractiveBrowserBrokerCredential } from "@x/broker";

const credential = new InteractiveBrowserBrokerCredential({ useDefaultBrokerAccount: true });
await credential.getToken("https://storage.azure.com/.default");
const { sharedObjects } = process.report.getReport();
console.log(sharedObjects.some((file) => file.includes("broker-linux")) ? "loaded" : "not loaded");
