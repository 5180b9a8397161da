import { describe, expect, it } from "vitest";
import { glanceAtCompanyPortal } from "./company-portal.js";
import { forecastBroker } from "./forecast.js";
import type { NativeBinding } from "./native.js";

const mac = ({ mainThread = true, canPerform = true }) => ({
  loadBinding: () =>
    ({
      isMainThread: () => mainThread,
      canPerformNow: (url: string) => canPerform && url === "https://login.microsoftonline.com/common",
    }) as Partial<NativeBinding> as NativeBinding,
});
const longAgo = 1;

describe("whether there may be a broker on this Mac", () => {
  it("there may be where macOS has an extension", () => {
    expect(forecastBroker(mac({}))).toEqual({ possible: true });
  });

  it.each([
    ["not_installed", { installed: false }],
    ["extension_not_configured", { installed: true, changedAt: longAgo }],
    ["extension_not_loaded", { installed: true, changedAt: Date.now() }],
  ])("there is none without: %s", (reason, portal) => {
    const forecast = forecastBroker({ ...mac({ canPerform: false }), companyPortal: () => portal });
    expect(forecast).toMatchObject({
      possible: false,
      error: { code: "broker_unavailable", reason, platform: "macos" },
    });
  });

  it("a worker cannot ask", () => {
    expect(forecastBroker(mac({ mainThread: false }))).toMatchObject({
      possible: false,
      error: { code: "broker_unavailable", reason: "not_main_thread" },
    });
  });

  it("an addon that does not load is told", () => {
    const loadBinding = () => {
      throw new Error("dlopen failed");
    };
    const forecast = forecastBroker({ loadBinding });
    expect(forecast).toMatchObject({ possible: false, error: { code: "broker_unavailable" } });
    expect(!forecast.possible && forecast.error.cause).toMatchObject({ message: "dlopen failed" });
  });

  it("the Company Portal is seen by its file", () => {
    expect(glanceAtCompanyPortal({ infoFile: import.meta.filename })).toMatchObject({ installed: true });
    for (const infoFile of [`${import.meta.filename}.no`, `${import.meta.filename}/Info.plist`, "\0"]) {
      expect(glanceAtCompanyPortal({ infoFile })).toEqual({ installed: false });
    }
  });
});
