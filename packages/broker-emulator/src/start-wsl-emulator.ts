import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { RecordedRequest } from "./broker/request-log.js";
import { checkObject, rule, rules, type Shape } from "./checks.js";
import { DiscoveryServer } from "./discovery-server.js";
import { EmulatedTenant, isTenant } from "./tenant/emulated-tenant.js";
import {
  hangingWslinfoProgram,
  oldWslinfoProgram,
  proxyProgram,
  writeProgram,
  wslinfoProgram,
} from "./wsl-door/proxy-programs.js";
import { type ProxyFault, WslDoor, type WslMethod } from "./wsl-door/wsl-door.js";

/**
 * What `wslinfo` is like: it `works`, is `missing`, too `old` to know a proxy, names a path where there is nothing
 * (`wrong_path`), or `hangs`.
 */
export type WslinfoState = (typeof wslinfoStates)[number];
const wslinfoStates = ["works", "missing", "old", "wrong_path", "hangs"] as const;

export interface WslEmulatorOptions {
  /** Default: an empty tenant, to be filled through the emulator's `tenant`. */
  readonly tenant?: EmulatedTenant;
  /** What the kernel calls itself. Default: as a current WSL 2. */
  readonly osRelease?: string;
  /** Whether to publish discovery document and key set on loopback. Default `true`. */
  readonly serveDiscovery?: boolean;
  /** How many requests `requests` keeps at least. Default 4000. */
  readonly keepRequests?: number;
}

/** A simulated WSL: files like those of the real one, and Windows' broker behind a fake proxy. */
export interface WslEmulator {
  /** Where its parts are; what `createLinuxBroker` of `@x/broker-linux` takes as `wslLocations`. */
  readonly locations: {
    readonly osReleaseFile: string;
    readonly binfmtDirectory: string;
    readonly wslinfoFiles: readonly string[];
  };
  /** The fake `msal.wsl.proxy.exe`. */
  readonly proxyPath: string;
  readonly tenant: EmulatedTenant;
  /** The version it reports. */
  readonly version: string;
  /** The tenant's OpenID discovery document; `undefined` when it is not served. */
  readonly discoveryUrl: string | undefined;
  /** The latest requests, oldest first, pings and refused ones too. */
  readonly requests: readonly RecordedRequest[];
  countRequests(method?: string): number;
  clearRequests(): void;
  /** Runs of the proxy that go on now. */
  readonly runningProxies: number;
  /** What the kernel calls itself from now on. */
  setOsRelease(release: string): Promise<void>;
  setWslinfo(state: WslinfoState): Promise<void>;
  /** Whether the kernel can execute Windows programs. */
  setInterop(isOn: boolean): Promise<void>;
  /**
   * Makes the proxy do something odd: beside its answer, or instead of it. The fault added last wins. Returns what
   * takes it away again.
   */
  addProxyFault(
    fault: ProxyFault,
    options?: { readonly method?: WslMethod; readonly times?: number },
  ): () => void;
  /** Ends everything and removes what was put on disk. */
  stop(): Promise<void>;
}

/** Starts a simulated WSL with an emulated broker of Windows behind it. */
export async function startWslEmulator(options: WslEmulatorOptions = {}): Promise<WslEmulator> {
  checkObject("startWslEmulator", "options", options, optionsShape);
  const emulator = new RunningWslEmulator(options, await mkdtemp(join(tmpdir(), "broker-emulator-wsl-")));
  try {
    await emulator.start();
  } catch (error) {
    await emulator.stop();
    throw error;
  }
  return emulator;
}

const optionsShape: Shape = {
  tenant: rule("an EmulatedTenant", isTenant),
  osRelease: rules.anyText,
  serveDiscovery: rules.flag,
  keepRequests: rules.wholeCount,
};

class RunningWslEmulator implements WslEmulator {
  readonly locations;
  readonly proxyPath: string;
  readonly tenant: EmulatedTenant;
  readonly version = "wsl-emulator";
  readonly #directory: string;
  readonly #wslinfo: string;
  readonly #options: WslEmulatorOptions;
  readonly #door: WslDoor;
  readonly #removeAtExit = () => rmSync(this.#directory, { recursive: true, force: true });
  #discovery: DiscoveryServer | undefined;

  constructor(options: WslEmulatorOptions, directory: string) {
    this.#options = options;
    this.#directory = directory;
    // With a space, as in the real path.
    this.proxyPath = join(directory, "Program Files", "WSL", "msal.wsl.proxy.exe");
    this.#wslinfo = join(directory, "bin", "wslinfo");
    this.locations = {
      osReleaseFile: join(directory, "osrelease"),
      binfmtDirectory: join(directory, "binfmt_misc"),
      wslinfoFiles: [this.#wslinfo],
    };
    this.tenant = options.tenant ?? new EmulatedTenant();
    this.#door = new WslDoor(this.tenant, options.keepRequests ?? 4000);
  }

  get discoveryUrl(): string | undefined {
    return this.#discovery?.url;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#door.requests.all;
  }

  get runningProxies(): number {
    return this.#door.runs;
  }

  countRequests(method?: string): number {
    return this.#door.requests.count(method);
  }

  clearRequests(): void {
    this.#door.requests.clear();
  }

  async start(): Promise<void> {
    process.once("exit", this.#removeAtExit);
    const socketPath = join(this.#directory, "windows");
    await this.#door.open(socketPath);
    for (const file of [this.proxyPath, this.#wslinfo, join(this.locations.binfmtDirectory, "status")]) {
      await mkdir(dirname(file), { recursive: true });
    }
    await writeProgram(this.proxyPath, proxyProgram(socketPath));
    await this.setOsRelease(this.#options.osRelease ?? "5.15.167.4-microsoft-standard-WSL2");
    await this.setWslinfo("works");
    await this.setInterop(true);
    if (this.#options.serveDiscovery ?? true) this.#discovery = await DiscoveryServer.start(this.tenant);
  }

  async setOsRelease(release: string): Promise<void> {
    await writeFile(this.locations.osReleaseFile, `${release}\n`);
  }

  async setWslinfo(state: WslinfoState): Promise<void> {
    switch (state) {
      case "works":
        return writeProgram(this.#wslinfo, wslinfoProgram(this.proxyPath));
      case "wrong_path":
        return writeProgram(this.#wslinfo, wslinfoProgram(`${this.proxyPath}.gone`));
      case "old":
        return writeProgram(this.#wslinfo, oldWslinfoProgram);
      case "hangs":
        return writeProgram(this.#wslinfo, hangingWslinfoProgram);
      case "missing":
        return rm(this.#wslinfo, { force: true });
      default:
        throw new TypeError(`setWslinfo: the state must be one of ${wslinfoStates.join(", ")}.`);
    }
  }

  async setInterop(isOn: boolean): Promise<void> {
    const directory = this.locations.binfmtDirectory;
    await writeFile(join(directory, "status"), "enabled\n");
    const entry = join(directory, "WSLInterop");
    if (!isOn) return rm(entry, { force: true });
    await writeFile(entry, "enabled\ninterpreter /init\nflags: P\noffset 0\nmagic 4d5a\n");
  }

  addProxyFault(
    fault: ProxyFault,
    options: { readonly method?: WslMethod; readonly times?: number } = {},
  ): () => void {
    return this.#door.addFault(fault, options.method, options.times ?? Number.POSITIVE_INFINITY);
  }

  async stop(): Promise<void> {
    process.off("exit", this.#removeAtExit);
    await this.#door.close();
    await this.#discovery?.stop();
    this.#discovery = undefined;
    await rm(this.#directory, { recursive: true, force: true });
  }
}
