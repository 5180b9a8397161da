import type { Limits } from "./harness.js";

/** What WAM itself cannot do. */
export const windowsLimits: Limits = {
  ssoCookies: "WAM gives no cookies; a browser on Windows asks another component for them",
};
