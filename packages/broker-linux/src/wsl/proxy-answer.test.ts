import { describe, expect, it } from "vitest";
import { findJsonObject, printedText } from "./proxy-answer.js";

const answer = '{"accounts":[{"name":"Ånn {}"}]}';

describe("the answer in what the proxy printed", () => {
  it.each([
    ["alone", answer],
    ["with CR LF", `\r\n${answer}\r\n`],
    ["with NULs", `\0${answer}\0\0`],
    ["behind a byte order mark", `\uFEFF${answer}`],
    ["behind a log line", `[info] loaded\r\n${answer}`],
    ["behind a log line with braces", `[info] {loaded} {"level": 1\r\n${answer}`],
    ["behind a JSON log line", `{"level":"info"}\n${answer}`],
    ["in front of a log line", `${answer}\r\nbye {`],
  ])("%s", (_where, printed) => {
    expect(findJsonObject(Buffer.from(printed))).toBe(answer);
  });

  it("is read where a console program writes wide characters", () => {
    expect(findJsonObject(Buffer.from('{"a":1}\r\n', "utf16le"))).toBe('{"a":1}');
  });

  it.each(["", "\r\n", "null", "[]", '"text"', '{"a":', "no JSON", "{".repeat(5000)])(
    "is none in %j",
    (printed) => {
      expect(findJsonObject(Buffer.from(printed))).toBeUndefined();
    },
  );

  it("leaves nothing of Windows in a text", () => {
    expect(printedText(Buffer.from("\uFEFF/mnt/c/WSL/a.exe\0\r\n"))).toBe("/mnt/c/WSL/a.exe");
  });
});
