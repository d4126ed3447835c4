import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Problem } from "@darksync/core/result";
import { deviceOf } from "@darksync/core/stream";
import { parseRelayUrl } from "@darksync/node/relay-url";
import { listOwners } from "@darksync/runtime/read/members";
import { readFacts } from "@darksync/runtime/replica/replica";
import { isUnreachable } from "@darksync/sync/problem-class";
import type { Command } from "commander";
import { type GlobalOptions, report } from "../command.js";
import { interruptible } from "../interruption.js";
import { ProblemError, unwrap, wrongUsage } from "../problem-error.js";
import { type Space, spacePaths } from "../space.js";
import { detourLines } from "../sync-once.js";
import { SyncProgress } from "../sync-progress.js";
import { runSync } from "../sync-run.js";
import { countOf, shellWord } from "../wording.js";
import { checkNames, collect, describeSpace, makeSpace, removeSpace } from "./init.js";

export function addJoin(program: Command): void {
  program
    .command("join <URL> [DIR]")
    .description("make a copy of a relay's space, and link it to the relay")
    .requiredOption("--as <name>", "your name, as others see it")
    .option("--invite <code>", "an invitation code")
    .option("--only <owner>", "keep only this owner's packages (may be repeated)", collect)
    .addHelpText("after", "\nExample:\n  darklang join http://127.0.0.1:7420 ~/work --as Bob")
    .action(
      async (
        url: string,
        dir: string | undefined,
        options: { as: string; only?: string[]; invite?: string },
        command: Command,
      ) => {
        const globals = command.optsWithGlobals<GlobalOptions>();
        if (globals.offline === true) wrongUsage("join needs the network", "Leave --offline out.");
        refuseInvitation(options.invite);
        const only = [...new Set(options.only)];
        checkNames(options.as, only);
        const relay = unwrap(parseRelayUrl(url));
        const paths = spacePaths(resolve(dir ?? globals.space ?? "."));
        const made = { space: "", member: options.as, owners: [], relay: relay.text, only };
        const isNewFolder = !existsSync(paths.folder);
        const space = await makeSpace(paths, made).catch((error) => {
          throw isThere(error) ? new ProblemError(maybeCutShort(error.problem, paths.folder)) : error;
        });
        const progress = new SyncProgress({ isWanted: globals.json !== true, what: "Joining", pending: 0 });
        const { onProgress } = progress;
        try {
          const outcome = await interruptible(
            progress,
            () => stoppedText(space, isNewFolder),
            () => runSync(space, relay, { onProgress }),
          );
          if (outcome.problem !== null && hasCome(space))
            throw new ProblemError(cutShort(outcome.problem, paths.folder));
          if (outcome.problem !== null) throw new ProblemError(notJoined(outcome.problem));
          const answer = describeSpace(space, "joined");
          const lines = [
            answer.text,
            `${countOf(outcome.pulled, "change")} pulled.`,
            ...detourLines(outcome.detours),
            ...unknownOwners(space, only),
          ];
          report({ ...answer, text: lines.join("\n") }, space, globals);
          space.close();
        } catch (error) {
          // A copy of nothing helps nobody, and the next try wants the folder.
          const isKept = hasCome(space);
          space.close();
          if (!isKept) removeSpace(paths, isNewFolder);
          throw error;
        }
      },
    );
}

/** Whether something of the relay's space is here: the next sync goes on from it. */
function hasCome({ replica }: Space): boolean {
  const { device, store } = replica;
  return store.read(({ blocks }) =>
    blocks.logs().some((log) => [...blocks.tips(log).keys()].some((stream) => deviceOf(stream) !== device)),
  );
}

function stoppedText(space: Space, isNewFolder: boolean): string {
  // Once the relay has said of what space this is to be a copy, a download may be under way.
  if (space.replica.store.read(readFacts).space !== "") return `Stopped. ${keptText(space.paths.folder)}`;
  space.close();
  removeSpace(space.paths, isNewFolder);
  return "Stopped. Nothing had come yet, and nothing was made.";
}

function keptText(folder: string): string {
  return `What came is kept. It goes on with: darklang sync --space ${shellWord(folder)}`;
}

function cutShort(problem: Problem, folder: string): Problem {
  return { ...problem, hint: keptText(folder) };
}

function isThere(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.code === "space-exists";
}

// Killed in the middle, a join cannot say so itself.
function maybeCutShort(problem: Problem, folder: string): Problem {
  const goesOn = `\`darklang sync --space ${shellWord(folder)}\``;
  return {
    ...problem,
    hint: `If a join was cut short there, ${goesOn} goes on with it; else choose another folder.`,
  };
}

// There is no work and no space here yet.
function notJoined(problem: Problem): Problem {
  if (!isUnreachable(problem.code)) return problem;
  const hint = "Nothing was made. Is the relay running, and is its URL right? Then the same command again.";
  return { ...problem, hint };
}

function unknownOwners({ replica }: Space, only: readonly string[]): readonly string[] {
  const known = new Set(replica.store.read(listOwners));
  return only.filter((owner) => !known.has(owner)).map((owner) => `There is nothing of ${owner} yet.`);
}

/** Invitations are part of memberships, which this version does not have. */
export function refuseInvitation(code: string | undefined): void {
  if (code === undefined) return;
  wrongUsage(
    "this version knows no invitations",
    "An --open relay on loopback lets everybody in: leave --invite out.",
  );
}
