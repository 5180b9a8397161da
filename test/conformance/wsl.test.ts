import { startWslEmulator } from "@x/broker-emulator";
import { createLinuxBroker } from "@x/broker-linux";
import { describeConformance } from "./conformance.js";

describeConformance({
  name: "@x/broker-linux over WSL's proxy",
  platform: "wsl",
  limits: {
    ssoCookies: "the proxy has no such method",
    forceRefresh: "the only way to force one is the old token, which must not stand in a process' arguments",
  },
  // Each is a process of its own here.
  manyCalls: 60,
  async start() {
    const emulator = await startWslEmulator({ serveDiscovery: false });
    const broker = createLinuxBroker({
      env: {},
      wslLocations: emulator.locations,
      loadBinding: () => {
        throw new Error("The addon has no part in this.");
      },
    });
    return {
      broker,
      tenant: emulator.tenant,
      breakDown: () => emulator.setWslinfo("missing"),
      recover: () => emulator.setWslinfo("works"),
      async stop() {
        await broker.close();
        await emulator.stop();
      },
    };
  },
});
