import { Command, CommanderError, InvalidArgumentError } from "commander";
import { doctorCommand } from "./doctor-command.js";
import { isLoopback } from "./loopback.js";
import { RelayProblem, reportProblem } from "./relay-problem.js";
import { serve } from "./serve.js";

interface RelayOptions {
  readonly port: number;
  readonly host: string;
  readonly data?: string;
  readonly open?: true;
  readonly engine?: string;
}

/** Runs the relay with these arguments until it is told to stop; returns the exit code. */
export async function runRelay(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(async (options) => {
    exitCode = await serve(checkOptions(options));
  }).addCommand(
    doctorCommand((code) => {
      exitCode = code;
    })
      .configureOutput({ outputError: printUsageError })
      .exitOverride(),
  );
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    // commander has printed its message already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportProblem(error);
  }
}

function buildProgram(action: (options: RelayOptions) => Promise<void>): Command {
  return new Command("darklang-relay")
    .description("Keep spaces for teammates who are not online at the same time, and pass changes on.")
    .version("0.1.0")
    .option("--port <port>", "port to listen on; 0: any free one", readPort, 7420)
    .option("--host <host>", "address to listen on", "127.0.0.1")
    .option("--data <dir>", "folder for the spaces' databases")
    .option("--engine <url>", "keep the spaces in an engine, like nats://HOST:PORT")
    .option("--open", "whoever joins needs no invitation and may write everywhere (loopback only)")
    .addHelpText(
      "after",
      '\nExamples:\n  darklang-relay --open --data ./relay\n  darklang-relay --open --data ./relay --port 0\n  darklang-relay doctor --data ./relay\n\nThe first line on stdout is {"event":"listening","url":...}. GET /healthz and /metrics tell how it is.',
    )
    .enablePositionalOptions()
    .showHelpAfterError(false)
    .configureOutput({ outputError: printUsageError })
    .exitOverride()
    .action(action);
}

// commander's message, and in a second line what may have been meant.
function printUsageError(message: string, write: (text: string) => void): void {
  const [what = "", suggestion = ""] = message.trimEnd().split("\n");
  const hint = suggestion.trim().replace(/^\((.*)\)$/, "$1");
  write(`${what}\nhint: ${hint === "" ? "--help shows how it is used." : hint}\n`);
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError("A port is a number from 0 to 65535.");
  return port;
}

function checkOptions({ port, host, data, open, engine }: RelayOptions): {
  readonly port: number;
  readonly host: string;
  readonly data: string;
} {
  if (engine !== undefined) {
    throw usage("this version keeps spaces in SQLite only", "Leave --engine out and give --data DIR.");
  }
  if (data === undefined) throw usage("--data is missing", "Name a folder for the spaces: --data ./relay");
  if (open === undefined) {
    throw usage(
      "this version knows no memberships yet, so a relay cannot tell who may join",
      "For a first look on this machine add --open: whoever can reach the port may read and write.",
    );
  }
  if (!isLoopback(host)) {
    throw usage(
      `--open lets everybody in, so it is for this machine only; ${host} can be reached by others`,
      "Leave --host out, or give 127.0.0.1, ::1 or localhost.",
    );
  }
  return { port, host, data };
}

function usage(message: string, hint: string): RelayProblem {
  return new RelayProblem({ code: "usage", message, hint }, 2);
}
