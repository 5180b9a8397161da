import { createWamDoor, EmulatedTenant } from "@x/broker-emulator";
import { createWindowsBroker } from "@x/broker-win";
import { FakeWam, nativeError } from "../../packages/broker-win/src/testing/fake-wam.js";
import { describeConformance } from "./conformance.js";

// The protocol alone, on any OS; with the addon and a WAM of its own process it runs under Wine.
describeConformance({
  name: "@x/broker-win over the emulator's door, without an addon",
  platform: "windows",
  limits: { ssoCookies: "WAM has no cookies to give." },
  async start() {
    const tenant = new EmulatedTenant();
    const door = createWamDoor(tenant);
    let present = true;
    const wam = new FakeWam((call) =>
      present
        ? (door.answer(call as Parameters<typeof door.answer>[0]) as ReturnType<
            ConstructorParameters<typeof FakeWam>[0]
          >)
        : nativeError("unavailable", { hresult: 0x80040154, stage: "RoGetActivationFactory" }),
    );
    const broker = createWindowsBroker({ loadBinding: () => wam });
    return {
      broker,
      tenant,
      async breakDown() {
        present = false;
      },
      async recover() {
        present = true;
      },
      async stop() {
        await broker.close();
      },
    };
  },
});
