import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import type { Problem } from "@darksync/core/result";
import { deviceOf } from "@darksync/core/stream";
import { parseRelayUrl } from "@darksync/node/relay-url";
import { listOwners } from "@darksync/runtime/read/members";
import { isUnreachable } from "@darksync/sync/problem-class";
import type { Command } from "commander";
import { type GlobalOptions, report } from "../command.js";
import { ProblemError, unwrap, wrongUsage } from "../problem-error.js";
import { type Space, spacePaths } from "../space.js";
import { detourLines } from "../sync-once.js";
import { runSync } from "../sync-run.js";
import { countOf } from "../wording.js";
import { checkNames, collect, describeSpace, makeSpace } from "./init.js";

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
        const space = await makeSpace(paths, made);
        try {
          const outcome = await runSync(space, relay);
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
          if (isKept) throw error;
          rmSync(paths.dir, { recursive: true, force: true });
          if (isNewFolder && readdirSync(paths.folder).length === 0) rmdirSync(paths.folder);
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

function cutShort(problem: Problem, folder: string): Problem {
  return { ...problem, hint: `What came is kept. It goes on with: darklang sync --space ${folder}` };
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
