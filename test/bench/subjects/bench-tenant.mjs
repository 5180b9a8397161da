import { EmulatedTenant } from "@x/broker-emulator";
import { tenantId } from "../canned-answers.mjs";

/** The tenant behind a double, as `argv` says: how many accounts it has, and whether the machine has a broker. */
export function benchTenant() {
  const [, accounts, broker] = process.argv.slice(2);
  const tenant = new EmulatedTenant({ tenantId });
  for (let index = 0; index < Number(accounts); index++)
    tenant.addAccount({ username: `user${index}@contoso.example`, name: `Benchmark User ${index}` });
  return { tenant, hasBroker: broker === "broker" };
}
