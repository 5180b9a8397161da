import { defineConfig } from "vitest/config";

const packages = ["broker-contract", "broker-linux", "broker", "broker-emulator"];

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: packages.map((name) => ({
      extends: true,
      test: { name, root: `packages/${name}`, include: ["src/**/*.test.ts"] },
    })),
  },
});
