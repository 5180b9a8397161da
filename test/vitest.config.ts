import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    // On the main thread of a process: AuthenticationServices' double works nowhere else.
    pool: "forks",
    // Generous: a loaded machine takes long to start a blob service and a few Node processes.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    reporters: ["default", "json", "../scripts/skip-reasons-reporter.mjs"],
    outputFile: { json: "reports/vitest.json" },
  },
});
