import { type BrokerGeneration, startBrokerEmulator } from "@x/broker-emulator";
import { createLinuxBroker } from "@x/broker-linux";
import { describeConformance } from "./conformance.js";

const generations: readonly BrokerGeneration[] = ["2.0.1", "2.0.2", "2.5.2", "3.0.2"];

for (const generation of generations) {
  describeConformance({
    name: `@x/broker-linux over a ${generation} broker`,
    platform: "linux",
    async start() {
      const emulator = await startBrokerEmulator({ generation, serveDiscovery: false });
      const broker = createLinuxBroker({ env: emulator.env });
      return {
        broker,
        tenant: emulator.tenant,
        breakDown: () => emulator.leaveBus(),
        recover: () => emulator.joinBus(),
        async stop() {
          await broker.close();
          await emulator.stop();
        },
      };
    },
  });
}
