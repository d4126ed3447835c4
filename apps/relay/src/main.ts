import { runRelay } from "./relay-command.js";

process.exitCode = await runRelay(process.argv.slice(2));
