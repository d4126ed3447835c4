import { spawnSync } from "node:child_process";

// Runs the fault suite, or what is named of it: a sample of the cases, or with --all every one of them.
const args = process.argv.slice(2);
const env = args.includes("--all") ? { ...process.env, DARKSYNC_FAULTS: "all" } : process.env;
const given = args.filter((arg) => arg !== "--all");
const named = given.some((arg) => arg.startsWith("test/")) ? given : ["test/faults", ...given];
const { status } = spawnSync("npx", ["vitest", "run", ...named], { stdio: "inherit", env });
process.exitCode = status ?? 1;
