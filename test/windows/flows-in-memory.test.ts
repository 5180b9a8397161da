import { createWamDoor } from "@x/broker-emulator";
import { createWindowsBroker } from "@x/broker-win";
import { FakeWam } from "../../packages/broker-win/src/testing/fake-wam.js";
import { describeWindowsFlows } from "./flows.js";

type Handler = ConstructorParameters<typeof FakeWam>[0];

// The protocol and the door alone, on any system.
describeWindowsFlows({
  name: "@x/broker-win without an addon",
  async start(tenant, session) {
    const door = createWamDoor(tenant);
    const wam = new FakeWam(
      (call) => door.answer(call as Parameters<typeof door.answer>[0]) as ReturnType<Handler>,
    );
    const broker = createWindowsBroker({ loadBinding: () => wam, readSession: () => session });
    return { broker, door, stop: async () => broker.close?.() };
  },
});
