import { Command, CommanderError, type Option } from "commander";
import { commands } from "./commands.js";
import { notYet } from "./not-yet.js";
import { paint } from "./paint.js";
import { ProblemError } from "./problem-error.js";
import { reportFailure } from "./report-failure.js";

/** Runs the command with these arguments; returns its exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  const isJson = args.includes("--json");
  process.exitCode = 0;
  try {
    const program = await buildProgram(args);
    await program.parseAsync(args, { from: "user" });
    return Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(error, isJson);
    return reportFailure(error, isJson);
  }
}

/** The program with the command that is called; with all of them where none is, for help and suggestions. */
async function buildProgram(args: readonly string[]): Promise<Command> {
  const program = new Command("darklang")
    .description("Work on Darklang packages with your team, with or without a network.")
    .version("0.1.0")
    .option("--json", "print one JSON document")
    .option("--space <dir>", "the folder of the space (else the nearest one upwards)")
    .option("--branch <name>", "work on this branch for one command")
    .option("--offline", "no network traffic for this command")
    .showHelpAfterError(false)
    .configureHelp({ showGlobalOptions: true, visibleGlobalOptions })
    .configureOutput({ outputError: printUsageError })
    .exitOverride();
  const name = commandIn(args);
  if (name !== null) refuseNotYet(name);
  const called = name !== null && Object.hasOwn(commands, name) ? commands[name] : undefined;
  const loaders = called === undefined ? Object.values(commands) : [called];
  for (const add of await Promise.all(loaders.map((load) => load()))) add(program);
  return program;
}

// What a command between has for its subcommands stands with theirs.
function visibleGlobalOptions(command: Command): Option[] {
  let program = command;
  while (program.parent !== null) program = program.parent;
  return program === command ? [] : program.options.filter(({ hidden }) => !hidden);
}

const optionsWithValue: ReadonlySet<string> = new Set(["--space", "--branch"]);

/** The first argument that is neither an option of the program nor the value of one. */
function commandIn(args: readonly string[]): string | null {
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? "";
    if (optionsWithValue.has(argument)) index += 1;
    else if (!argument.startsWith("-")) return argument;
  }
  return null;
}

const usageHint = "--help shows how it is used.";

function refuseNotYet(name: string): void {
  const what = notYet.get(name);
  if (what === undefined) return;
  const hint = "`darklang --help` lists what it has.";
  throw new ProblemError({ code: "not-yet", message: `this version does not have ${what} yet`, hint }, 2);
}

function printUsageError(message: string, write: (text: string) => void): void {
  const { what, hint } = usageProblem(message);
  write(`${paint.error("error:")} ${what}\n${paint.hint("hint:")} ${hint}\n`);
}

// commander's message, and in a second line what may have been meant.
function usageProblem(message: string): { readonly what: string; readonly hint: string } {
  const [what = "", suggestion = ""] = message.trimEnd().split("\n");
  const hint = suggestion.trim().replace(/^\((.*)\)$/, "$1");
  return { what: what.replace(/^error: /, ""), hint: hint === "" ? usageHint : hint };
}

// commander has printed the message; with --json a script gets it as a document too.
function reportUsage(error: CommanderError, isJson: boolean): number {
  if (error.exitCode === 0) return 0;
  if (isJson) {
    const { what, hint } = usageProblem(
      error.code === "commander.help" ? "no command was given" : error.message,
    );
    process.stdout.write(`${JSON.stringify({ error: { code: "usage", message: what, hint } })}\n`);
  }
  return 2;
}
