// The macOS package with its real addon, over the double of AuthenticationServices: in this process, since that is
// where the double is, and on its main thread, since that is where AuthenticationServices works.
import { needDouble } from "../doubles/authentication-services/double.js";
import { startEmulatedMac } from "../support/emulated-mac.js";
import { describeConformance } from "./conformance.js";

describeConformance({
  name: "@x/broker-mac over the SSO extension",
  platform: "macos",
  need: needDouble,
  async start() {
    const mac = startEmulatedMac();
    return {
      broker: mac.broker,
      tenant: mac.tenant,
      breakDown: async () => mac.extension.setCanPerform(false),
      recover: async () => mac.extension.setCanPerform(true),
      async stop() {
        await mac.stop();
        if (mac.failures.length > 0) throw new AggregateError(mac.failures, "The emulated extension failed.");
      },
    };
  },
});
