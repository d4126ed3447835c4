import { runCli } from "./cli.js";
import { reportFailure } from "./report-failure.js";

// Whoever reads the output may stop early (`darklang ls | head`); that is no failure.
process.stdout.on("error", (error: Error & { readonly code?: string }) => {
  if (error.code === "EPIPE") process.exit();
  process.exit(reportFailure(error, false));
});

process.exitCode = await runCli(process.argv.slice(2));
