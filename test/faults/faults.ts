import { spawnSync } from "node:child_process";

// Runs the fault suite: a sample of the cases, or with --all every one of them. Other arguments go to vitest.
const args = process.argv.slice(2);
const env = args.includes("--all") ? { ...process.env, DARKSYNC_FAULTS: "all" } : process.env;
const passed = args.filter((arg) => arg !== "--all");
const { status } = spawnSync("npx", ["vitest", "run", "test/faults", ...passed], { stdio: "inherit", env });
process.exitCode = status ?? 1;
