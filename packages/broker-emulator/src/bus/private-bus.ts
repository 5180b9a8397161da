import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** A D-Bus service that the bus may start when its name is called. */
export interface ActivatableService {
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
}

export interface PrivateBusOptions {
  /** Services the bus can start. Default: none at all, so that nothing of the machine gets in. */
  readonly services?: readonly ActivatableService[];
  /** How long the bus waits for a started service to take its name. Default 5000. */
  readonly activationTimeoutInMs?: number;
  /** Lets other users of the machine connect, for tests of a service that is somebody else's. Default `false`. */
  readonly allowOtherUsers?: boolean;
}

/**
 * What watches over the bus: it ends with the pipe from this process, however this process ends, and takes the bus
 * and its folder with it. Told `keep`, it leaves the folder.
 */
const watchdogScript = `
dir=$1; shift
"$@" </dev/null & bus=$!
exec >&-
read -r farewell
kill -KILL "$bus" 2>/dev/null
wait "$bus" 2>/dev/null
[ "$farewell" = keep ] || /bin/rm -rf "$dir"
`;

/** A message bus of its own, in a folder only this user can enter. */
export class PrivateBus {
  readonly directory: string;
  readonly address: string;
  #watchdog: ChildProcess | undefined;
  #busProcessId: number | undefined;

  private constructor(directory: string) {
    this.directory = directory;
    this.address = `unix:path=${join(directory, "bus")}`;
  }

  /**
   * Makes the folder, and the services' descriptions in it, and starts the bus.
   * @param prepare Called with the folder before the bus starts.
   */
  static async start(
    options: PrivateBusOptions & {
      readonly prepare?: (directory: string) => Promise<PrivateBusOptions>;
    } = {},
  ): Promise<PrivateBus> {
    const directory = await mkdtemp(join(shortTemporaryFolder(), "broker-emulator-"));
    try {
      const more = (await options.prepare?.(directory)) ?? {};
      await writeConfiguration(directory, { ...options, ...more });
      const bus = new PrivateBus(directory);
      await bus.#launch();
      return bus;
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get isRunning(): boolean {
    return this.#watchdog !== undefined;
  }

  /** The bus' process id, while it runs. */
  get processId(): number | undefined {
    return this.#busProcessId;
  }

  /** Ends the bus without a word to those connected. The folder stays, for `restart`. */
  async kill(): Promise<void> {
    await this.#end("keep\n");
  }

  /** Starts the bus again, at the same address. */
  async restart(): Promise<void> {
    await this.kill();
    await rm(join(this.directory, "bus"), { force: true });
    await this.#launch();
  }

  /** Ends the bus and removes its folder. */
  async stop(): Promise<void> {
    await this.#end("");
    await rm(this.directory, { recursive: true, force: true });
  }

  async #end(farewell: string): Promise<void> {
    const watchdog = this.#watchdog;
    if (watchdog === undefined) return;
    this.#watchdog = undefined;
    this.#busProcessId = undefined;
    const exited = once(watchdog, "exit");
    watchdog.stdin?.end(farewell);
    if (watchdog.exitCode === null && watchdog.signalCode === null) await exited;
  }

  async #launch(): Promise<void> {
    const bus = ["dbus-daemon", "--nofork", "--nopidfile", "--print-address=1", "--print-pid=1"];
    const watchdog = spawn(
      "/bin/sh",
      [
        "-c",
        watchdogScript,
        "bus-watchdog",
        this.directory,
        ...bus,
        `--config-file=${join(this.directory, "bus.conf")}`,
      ],
      // A session of its own: Ctrl+C in the terminal is for the emulator, which then ends the bus in order.
      { stdio: ["pipe", "pipe", "pipe"], detached: true },
    );
    // The watchdog may be gone before it is told good-bye.
    watchdog.stdin.on("error", () => {});
    this.#busProcessId = await untilStarted(watchdog);
    this.#watchdog = watchdog;
  }
}

/** Resolves to the bus' process id once it listens. */
function untilStarted(watchdog: ChildProcessByStdio<Writable, Readable, Readable>): Promise<number> {
  const { stdin, stdout, stderr } = watchdog;
  let complaint = "";
  const onComplaint = (text: string) => {
    complaint += text;
  };
  stderr.setEncoding("utf8").on("data", onComplaint);
  const lines = createInterface({ input: stdout });
  return new Promise((resolve, reject) => {
    // Only the bus holds this pipe: it is closed when the bus has ended.
    const onEnd = () => {
      watchdog.once("close", () => reject(new Error(notStarted(complaint))));
      stdin.end("keep\n");
    };
    lines.once("close", onEnd);
    lines.on("line", (line) => {
      if (!/^\d+$/.test(line)) return;
      lines.off("close", onEnd);
      stderr.off("data", onComplaint).resume();
      resolve(Number(line));
    });
    watchdog.once("error", reject);
  });
}

function notStarted(complaint: string): string {
  const isMissing = /not found|No such file/i.test(complaint) && complaint.includes("dbus-daemon");
  return isMissing
    ? "The emulator needs the program dbus-daemon, which was not found. Install it (Debian and Ubuntu: apt install dbus; Fedora: dnf install dbus-daemon)."
    : `The private message bus did not start: ${complaint.trim() || "dbus-daemon said nothing"}.`;
}

/** A socket's path may have 107 bytes; some machines have a longer folder for temporary files. */
function shortTemporaryFolder(): string {
  const folder = tmpdir();
  return folder.length > 60 ? "/tmp" : folder;
}

async function writeConfiguration(directory: string, options: PrivateBusOptions): Promise<void> {
  const { services = [], activationTimeoutInMs = 5_000, allowOtherUsers = false } = options;
  const serviceFolder = join(directory, "services");
  await mkdir(serviceFolder, { mode: 0o700 });
  for (const { name, command } of services) {
    const exec = command.map((word) => `"${word.replace(/(["\\$`])/g, "\\$1")}"`).join(" ");
    await writeFile(join(serviceFolder, `${name}.service`), `[D-BUS Service]\nName=${name}\nExec=${exec}\n`, {
      mode: 0o600,
    });
  }
  if (allowOtherUsers) await chmod(directory, 0o711);
  await writeFile(
    join(directory, "bus.conf"),
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${join(directory, "bus")}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>${serviceFolder}</servicedir>
  <policy context="default">
    ${allowOtherUsers ? '<allow user="*"/>' : ""}
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="service_start_timeout">${activationTimeoutInMs}</limit>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_message_size">134217728</limit>
  <limit name="max_completed_connections">10000</limit>
  <limit name="max_connections_per_user">10000</limit>
  <limit name="max_pending_service_starts">10000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
`,
    { mode: 0o600 },
  );
}
