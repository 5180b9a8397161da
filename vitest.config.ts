import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = readdirSync(new URL("packages", import.meta.url));

export default defineConfig({
  test: {
    // On the main thread of a process: AuthenticationServices' double works nowhere else.
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: packages.map((name) => ({
      extends: true,
      test: {
        name,
        root: fileURLToPath(new URL(`packages/${name}`, import.meta.url)),
        include: ["src/**/*.test.ts"],
      },
    })),
  },
});
