import { describe, expect, it } from "vitest";
import { commandLineLength } from "./command-line.js";

/** What `CommandLineToArgvW` needs, written out the slow way. */
function quote(arg: string): string {
  if (arg !== "" && !/[\s"]/.test(arg)) return arg;
  let quoted = '"';
  let backslashes = 0;
  for (const char of arg) {
    if (char === "\\") backslashes++;
    else {
      quoted += char === '"' ? `${"\\".repeat(backslashes * 2 + 1)}"` : `${"\\".repeat(backslashes)}${char}`;
      backslashes = 0;
    }
  }
  return `${quoted}${"\\".repeat(backslashes * 2)}"`;
}

describe("the length of Windows' command line", () => {
  it.each([
    [["--method", "ping"]],
    [['{"a":"b"}']],
    [["with space", ""]],
    [["ends in backslash \\", 'a\\"b', "\\\\server\\share", '\\\\"']],
    [['{"claims":"{\\"a\\":\\"b c\'d\\"}"}']],
    [["Ånn 😀"]],
  ])("%j", (args) => {
    const whole = ["/mnt/c/Program Files/WSL/msal.wsl.proxy.exe", ...args].map(quote).join(" ");
    expect(commandLineLength("/mnt/c/Program Files/WSL/msal.wsl.proxy.exe", args)).toBe(whole.length);
  });
});
