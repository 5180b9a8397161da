import { describe, expect, it, vi } from "vitest";
import { type ForecastOptions, forecastBroker } from "./forecast.js";
import { FakeBus } from "./testing/protocol/fake-bus.js";

const runtime = "/run/user/1000";
const login = { XDG_RUNTIME_DIR: runtime, HOME: "/home/ada" };
const service = "dbus-1/services/com.microsoft.identity.broker1.service";
const osReleaseFile = "/nowhere/osrelease";

/** A machine with these files, an addon that loads, and no WSL. */
function machine(files: readonly string[], options: ForecastOptions = {}): ForecastOptions {
  return {
    env: login,
    loadBinding: () => new FakeBus(),
    fileExists: (path) => files.includes(path),
    wslLocations: { osReleaseFile },
    ...options,
  };
}

const reason = (options: ForecastOptions) => {
  const forecast = forecastBroker(options);
  return forecast.possible ? "possible" : forecast.error.reason;
};

describe("over D-Bus", () => {
  it.each([
    `/usr/share/${service}`,
    `/usr/local/share/${service}`,
    `/home/ada/.local/share/${service}`,
    `${runtime}/${service}`,
  ])("a broker is possible that the bus can start: %s", (file) => {
    expect(reason(machine([`${runtime}/bus`, file]))).toBe("possible");
  });

  it("a broker is possible where the distribution puts its data elsewhere", () => {
    const env = { ...login, XDG_DATA_DIRS: "/run/current-system/sw/share:/opt/share" };
    const file = `/run/current-system/sw/share/${service}`;
    expect(reason(machine([`${runtime}/bus`, file], { env }))).toBe("possible");
    expect(reason(machine([`${runtime}/bus`, file]))).toBe("not_installed");
  });

  it("a bus that can start none means that there is none", () => {
    const forecast = forecastBroker(machine([`${runtime}/bus`]));
    expect(forecast).toMatchObject({
      possible: false,
      error: { code: "broker_unavailable", reason: "not_installed", platform: "linux" },
    });
    expect(!forecast.possible && forecast.error.message).toContain("microsoft-identity-broker");
  });

  it.each<[string, string[], ForecastOptions]>([
    ["another bus", ["/tmp/bus"], { busAddress: "unix:path=/tmp/bus,guid=0" }],
    ["an address that is no file", [], { busAddress: "unix:abstract=/tmp/x" }],
    ["several addresses", [], { busAddress: "unix:path=/a;unix:path=/b" }],
    ["a docker container", [`${runtime}/bus`, "/.dockerenv"], {}],
    ["a podman container", [`${runtime}/bus`], { env: { ...login, container: "podman" } }],
    ["Flatpak", [`${runtime}/bus`, "/.flatpak-info"], {}],
    ["a snap", [`${runtime}/bus`], { env: { ...login, SNAP: "/snap/app/1" } }],
    ["a user who says so", [`${runtime}/bus`], { env: { ...login, X_BROKER_TRANSPORT: "dbus" } }],
  ])("does not conclude from files that may be unseen: %s", (_, files, options) => {
    expect(reason(machine(files, options))).toBe("possible");
  });

  it("says what is missing below the broker", () => {
    expect(reason(machine([], { env: {} }))).toBe("no_session_bus");
    expect(reason(machine([]))).toBe("no_session_bus");
    const loadBinding = () => {
      throw new Error("invalid ELF header");
    };
    expect(reason(machine([`${runtime}/bus`, `/usr/share/${service}`], { loadBinding }))).toBe(
      process.platform === "linux" ? "native_addon_missing" : "unsupported_platform",
    );
  });

  it("says that libsystemd is missing, and looks for it only where a broker would be possible", () => {
    const bus = new FakeBus();
    bus.linkerMessage = "libsystemd.so.0: cannot open shared object file: No such file or directory";
    const load = vi.spyOn(bus, "loadLibrary");
    const loadBinding = () => bus;
    expect(reason(machine([`${runtime}/bus`], { loadBinding }))).toBe("not_installed");
    expect(load).not.toHaveBeenCalled();
    const forecast = forecastBroker(machine([`${runtime}/bus`, `/usr/share/${service}`], { loadBinding }));
    expect(forecast).toMatchObject({
      possible: false,
      error: { code: "broker_unavailable", reason: "native_addon_missing", platform: "linux" },
    });
    expect(!forecast.possible && forecast.error.hint).toContain("libsystemd0");
  });

  it("reports a setting that makes no sense, and never throws", () => {
    expect(forecastBroker(machine([], { env: { X_BROKER_TRANSPORT: "telepathy" } }))).toMatchObject({
      possible: false,
      error: { code: "invalid_request", reason: "invalid_transport" },
    });
  });
});

describe("from within WSL", () => {
  it("goes by wslinfo where Windows' broker was chosen", () => {
    const env = { X_BROKER_TRANSPORT: "wsl" };
    expect(reason(machine(["/usr/bin/wslinfo"], { env }))).toBe("possible");
    const forecast = forecastBroker(machine([], { env }));
    expect(forecast).toMatchObject({
      possible: false,
      error: { reason: "wslinfo_missing", platform: "wsl" },
    });
  });

  it("needs no addon for it", () => {
    const loadBinding = () => {
      throw new Error("no addon");
    };
    const env = { X_BROKER_TRANSPORT: "wsl" };
    expect(reason(machine(["/bin/wslinfo"], { env, loadBinding }))).toBe("possible");
  });
});
