import { describe, expect, it } from "vitest";
import { kernelOf, readKernel } from "./kernel.js";

describe("which kernel this is", () => {
  it.each([
    ["5.15.167.4-microsoft-standard-WSL2", "wsl2"],
    ["5.15.0-WSL2", "wsl2"],
    ["5.15.0-wsl2", "wsl2"],
    ["4.4.0-19041-Microsoft", "wsl1"],
    ["4.4.0-26100-Microsoft", "wsl1"],
    ["4.19.128-microsoft-standard", "unmarked"],
    ["6.6.0-wsl-custom", "unmarked"],
    ["6.1.0-generic", "none"],
    ["4.4.0-210-generic", "none"],
    ["", "none"],
  ])("%s is %s", (release, kernel) => {
    expect(kernelOf(release)).toBe(kernel);
  });

  it("a file that cannot be read is no WSL", () => {
    expect(readKernel("/nowhere/osrelease")).toBe("none");
  });
});
