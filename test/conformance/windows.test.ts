import { createWamDoor, EmulatedTenant } from "@x/broker-emulator";
import { createWindowsBroker } from "@x/broker-win";
import { DoorBinding } from "../support/door-binding.js";
import { describeConformance } from "./conformance.js";
import { windowsLimits } from "./windows-limits.js";

describeConformance({
  name: "@x/broker-win over WAM's door, on any system",
  platform: "windows",
  limits: { ...windowsLimits, absence: "the binding is in this process, so it cannot be absent" },
  async start() {
    const tenant = new EmulatedTenant();
    const binding = new DoorBinding(createWamDoor(tenant));
    const broker = createWindowsBroker({ loadBinding: () => binding });
    return { broker, tenant, breakDown: async () => {}, recover: async () => {}, stop: () => broker.close() };
  },
});
