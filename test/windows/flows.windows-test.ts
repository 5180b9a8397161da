import { describeWindowsFlows } from "./flows.js";
import { startWindowsStage } from "./windows-stage.js";

describeWindowsFlows({
  name: "@x/broker-win",
  start: async (tenant, session) => startWindowsStage(tenant, { session }),
});
