import { describe, expect, it, vi } from "vitest";
import { describeNativeBinding } from "./index.js";
import type { NativeBinding } from "./native.js";

const failing = (text: string) => (): NativeBinding => {
  throw new Error(text);
};

function describedOn(platform: NodeJS.Platform, text: string) {
  const stub = vi.spyOn(process, "platform", "get").mockReturnValue(platform);
  try {
    const described = describeNativeBinding(failing(text));
    if (described.loaded) throw new Error("It must not be loaded.");
    return described.error;
  } finally {
    stub.mockRestore();
  }
}

describe("an addon that cannot be loaded", () => {
  it.each([
    ["\\\\?\\C:\\x\\broker-win.node is not a valid Win32 application.", "another processor"],
    ["The specified procedure could not be found.\r\nC:\\x\\broker-win.node", "too old for the addon"],
    ["The specified module could not be found.\r\nC:\\x\\broker-win.node", "A DLL of Windows is missing"],
    ["Access is denied.\r\nC:\\x\\broker-win.node", "application control"],
    [
      "No native build was found for platform=win32 arch=arm runtime=node abi=115\n    loaded from: C:\\app\\node_modules\\@x\\broker-win\n",
      "prebuilds/win32-arm in C:\\app\\node_modules\\@x\\broker-win: this package has none for the processor arm",
    ],
    [
      "Cannot find module 'C:\\x\\native-binding.cjs'\nRequire stack:\n- C:\\x\\y.js",
      "mark @x/broker-win as external",
    ],
    ["Module did not self-register: 'C:\\x'", "Another version of Node.js"],
    ["something new", "Install @x/broker-win again"],
  ])("%s", (text, advice) => {
    const error = describedOn("win32", text);
    expect(error).toMatchObject({
      code: "broker_unavailable",
      reason: "native_addon_missing",
      platform: "windows",
    });
    expect(error.hint).toContain(advice);
    expect(error.message).toContain(text.split(/\r?\n/)[0]?.replace(/\.$/, ""));
    expect(error.message).not.toContain("Require stack");
  });

  it("says on another system that this is the wrong package", () => {
    expect(describedOn("linux", "whatever")).toMatchObject({ reason: "unsupported_platform" });
  });
});
