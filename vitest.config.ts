import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["@darksync/source"] },
  ssr: { resolve: { conditions: ["@darksync/source", "node", "import", "module", "default"] } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "test/**/*.test.ts"],
    reporters: ["default", "./test/support/count-reporter.ts"],
    testTimeout: 120_000,
    maxWorkers: 2,
  },
});
