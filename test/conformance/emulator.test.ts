import { createEmulatedBroker, EmulatedTenant } from "@x/broker-emulator";
import { describeConformance } from "./conformance.js";

describeConformance({
  name: "the emulated broker in plain TypeScript",
  platform: "linux",
  limits: { absence: "it is in this process, so it cannot be absent" },
  async start() {
    const tenant = new EmulatedTenant();
    const broker = createEmulatedBroker(tenant);
    return { broker, tenant, breakDown: async () => {}, recover: async () => {}, stop: () => broker.close() };
  },
});
