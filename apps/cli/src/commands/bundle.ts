import { readFileSync, statSync } from "node:fs";
import { applyChangeBundle, decodeChangeBundle } from "@darksync/runtime/replica/change-bundle";
import type { Command } from "commander";
import { type Answer, inWholeSpace } from "../command.js";
import { ProblemError, unwrap, wrongUsage } from "../problem-error.js";
import type { Space } from "../space.js";
import { countOf } from "../wording.js";

export function addBundle(program: Command): void {
  const bundle = program
    .command("bundle")
    .description("changes in a file")
    .addHelpText(
      "after",
      "\nExample:\n  darklang bundle apply .darklang/dropped/20261122T170500-000Z.changes",
    );
  bundle
    .command("apply <FILE>")
    .description("queue discarded changes again, as they were")
    .option("--adopt", "take the work of a member who was removed")
    .action(
      inWholeSpace("writes", (space, _command, file: string, { adopt }: { readonly adopt?: true }) => {
        if (adopt === true) notYet("--adopt");
        return apply(space, file);
      }),
    );
  for (const name of ["create", "verify"]) {
    bundle
      .command(`${name} <FILE>`)
      .description("not in this version yet")
      .action(() => notYet(`bundle ${name}`));
  }
}

function notYet(what: string): never {
  wrongUsage(
    `this version does not have ${what} yet: it comes with sync between peers`,
    "`darklang bundle apply FILE` brings back what was discarded here.",
  );
}

async function apply({ replica }: Space, file: string): Promise<Answer> {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || stat.isDirectory()) {
    const message = stat === undefined ? `there is no file ${file}` : `${file} is a folder`;
    throw new ProblemError({ code: "no-such-file", message, hint: "Check the path." });
  }
  const bundle = unwrap(decodeChangeBundle(replica.hash, new Uint8Array(readFileSync(file))));
  const { queued, known } = unwrap(await applyChangeBundle(replica, bundle));
  const rest = known === 0 ? "" : ` ${countOf(known, "change")} ${known === 1 ? "is" : "are"} here already.`;
  return {
    json: {
      pushed: 0,
      pulled: 0,
      conflicts: replica.store.read(({ packages }) => packages.countConflicts()),
      queued,
      known,
    },
    text: `${countOf(queued, "change")} queued again.${rest}`,
  };
}
