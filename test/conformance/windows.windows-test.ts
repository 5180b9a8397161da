import { EmulatedTenant } from "@x/broker-emulator";
import { startWindowsStage } from "../windows/windows-stage.js";
import { describeConformance } from "./conformance.js";

const managerClass = "Windows.Security.Authentication.Web.Core.WebAuthenticationCoreManager";

describeConformance({
  name: "@x/broker-win over the Web Account Manager",
  platform: "windows",
  limits: { ssoCookies: "WAM has no cookies to give." },
  async start() {
    const tenant = new EmulatedTenant();
    const stage = startWindowsStage(tenant);
    return {
      broker: stage.broker,
      tenant,
      breakDown: async () => stage.restart({ missingClasses: [managerClass] }),
      recover: async () => stage.restart(),
      stop: stage.stop,
    };
  },
});
