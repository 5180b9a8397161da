import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = ["broker-contract", "broker-linux", "broker-win", "broker", "broker-emulator"];

export default defineConfig({
  test: {
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
