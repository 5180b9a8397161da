import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brokerErrorCodes } from "@x/broker-contract";
import { describe, expect, it } from "vitest";
import { runNode } from "../support/run-node.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const snippets = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code ?? "");

describe("the README", () => {
  it("explains every error code", () => {
    for (const code of Object.keys(brokerErrorCodes)) expect(readme).toContain(`| \`${code}\` |`);
  });

  it("shows the example that the demo runs", () => {
    const example = readFileSync(join(root, "examples/list-blob-containers.mjs"), "utf8");
    const shown = snippets.find((code) => code.includes("BlobServiceClient")) ?? "";
    for (const line of shown.split("\n").filter((text) => !text.includes("<account>")))
      expect(example).toContain(line);
  });

  it("has a test snippet that runs as it stands", async () => {
    const snippet = snippets.find((code) => code.includes("createEmulatedBroker")) ?? "";
    expect(snippet).toContain("assert.equal");
    // Inside this package, so that the snippet finds what it imports.
    const folder = await mkdtemp(fileURLToPath(new URL("snippet-", import.meta.url)));
    try {
      const file = join(folder, "snippet.mjs");
      await writeFile(file, snippet);
      expect(await runNode(file)).toMatchObject({ code: 0, stderr: "" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("links to files that exist", () => {
    for (const [, target = ""] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
      expect(() => readFileSync(join(root, target)), target).not.toThrow(/ENOENT/);
    }
  });
});
