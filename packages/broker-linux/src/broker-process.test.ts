import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { readProcess } from "./broker-process.js";

describe("another process of the same user", () => {
  it.each([
    [{ DISPLAY: ":0" }, true],
    [{ WAYLAND_DISPLAY: "wayland-0" }, true],
    [{ DISPLAY: "" }, false],
    [{ MYDISPLAY: ":0" }, false],
    [{}, false],
  ])("with environment %j has a display: %s", async (env, hasDisplay) => {
    const child = spawn(process.execPath, ["-e", "process.stdout.write('up');process.stdin.resume()"], {
      env,
    });
    try {
      await once(child.stdout, "data");
      expect(readProcess(child.pid ?? 0)).toEqual({ program: "node", hasDisplay });
    } finally {
      child.kill();
    }
  });

  it("that cannot be seen tells nothing", () => {
    expect(readProcess(2 ** 30)).toEqual({});
  });
});
