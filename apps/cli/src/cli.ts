import { Command, CommanderError } from "commander";
import { reportFailure } from "./command.js";
import { addInit } from "./commands/init.js";
import { addJoin } from "./commands/join.js";
import { addSync } from "./commands/sync.js";

/** Runs the command with these arguments; returns its exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  const isJson = args.includes("--json");
  const program = buildProgram();
  process.exitCode = 0;
  try {
    await program.parseAsync(args, { from: "user" });
    return Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(error, isJson);
    return reportFailure(error, isJson);
  }
}

function buildProgram(): Command {
  const program = new Command("darklang")
    .description("Work on Darklang packages with your team, with or without a network.")
    .version("0.1.0")
    .option("--json", "print one JSON document")
    .option("--space <dir>", "the folder of the space (else the nearest one upwards)")
    .option("--branch <name>", "work on this branch for one command")
    .option("--offline", "no network traffic for this command")
    .showHelpAfterError(false)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  for (const add of [addInit, addJoin, addSync]) add(program);
  return program;
}

// commander has printed the message; with --json a script gets it as a document too.
function reportUsage(error: CommanderError, isJson: boolean): number {
  if (error.exitCode === 0) return 0;
  if (isJson) {
    const message = error.message.replace(/^error: /, "");
    process.stdout.write(`${JSON.stringify({ error: { code: "usage", message, hint: "See --help." } })}\n`);
  }
  return 2;
}
