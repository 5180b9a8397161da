import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A message bus of a test's own: nothing of the machine's services is on it. */
export interface PrivateBus {
  readonly address: string;
  /** Stops the bus from doing anything, and lets it go on. */
  pause(): boolean;
  resume(): boolean;
  /** Ends the bus without a word to those connected, and removes its folder. */
  stop(): Promise<void>;
}

const configuration = (folder: string) => `<!DOCTYPE busconfig PUBLIC
  "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>${folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
  <limit name="max_replies_per_connection">50000</limit>
  <limit name="max_message_size">134217728</limit>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
</busconfig>
`;

/**
 * Starts a `dbus-daemon`.
 * @param services Programs the bus may start, by bus name: a shell command line each.
 */
export async function startPrivateBus(services: Readonly<Record<string, string>> = {}): Promise<PrivateBus> {
  const folder = await mkdtemp(join(tmpdir(), "native-test-"));
  const configFile = join(folder, "bus.conf");
  await writeFile(configFile, configuration(folder));
  await mkdir(join(folder, "services"));
  for (const [name, command] of Object.entries(services)) {
    const text = `[D-BUS Service]\nName=${name}\nExec=${command}\n`;
    await writeFile(join(folder, "services", `${name}.service`), text);
  }
  const daemon = spawn("dbus-daemon", ["--nofork", "--print-address=1", `--config-file=${configFile}`], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await Promise.race([
    once(daemon.stdout, "data"),
    once(daemon, "exit").then(() => Promise.reject(new Error("dbus-daemon did not start"))),
  ]);
  return {
    address: String(line).trim(),
    pause: () => daemon.kill("SIGSTOP"),
    resume: () => daemon.kill("SIGCONT"),
    async stop() {
      await kill(daemon);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
