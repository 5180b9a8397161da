import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/**
 * Starts a message bus of its own in a folder, with room for a thousand calls at once and nothing to start.
 * @param {string} folder
 */
export async function startPrivateBus(folder) {
  const configuration = join(folder, "bus.conf");
  writeFileSync(
    configuration,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${join(folder, "bus")}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">134217728</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
`,
  );
  const daemon = spawn(
    "dbus-daemon",
    ["--nofork", "--nopidfile", "--print-address=1", `--config-file=${configuration}`],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  const stop = endOf(daemon);
  const [address] = await Promise.race([
    once(createInterface({ input: daemon.stdout }), "line"),
    once(daemon, "exit").then(([code]) => {
      throw new Error(`dbus-daemon ended with code ${code}.`);
    }),
  ]);
  return { address: String(address), stop };
}

/**
 * How to end a helper process. It ends with this process, however this one ends.
 * @param {import("node:child_process").ChildProcess} child
 */
export function endOf(child) {
  const exited = once(child, "exit");
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  return async () => {
    process.off("exit", kill);
    kill();
    await exited;
  };
}
