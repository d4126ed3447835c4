import type { BranchView } from "@darksync/runtime/branch/branch-list";
import type { Command } from "commander";
import stringWidth from "fast-string-width";
import { archive, restore } from "../branch-archive.js";
import { create } from "../branch-create.js";
import { branchesToList, branchJson, branchLines, lateWork, mainJson, mainLine } from "../branch-listing.js";
import { rename } from "../branch-rename.js";
import { type ShareOptions, share } from "../branch-share.js";
import { switchTo } from "../branch-switch.js";
import { commandOn, lateText } from "../branch-words.js";
import { type Answer, inWholeSpace } from "../command.js";
import { paint } from "../paint.js";
import { wrongUsage } from "../problem-error.js";
import type { Space } from "../space.js";

export function addBranch(program: Command): void {
  const branch = program
    .command("branch")
    .description("work in progress beside main; alone, lists the branches")
    .addHelpText(
      "after",
      `
A branch shows main as it was when the branch was made, with what was edited on
it since. \`rebase\` brings it up to what is here now, \`merge\` takes its edits
into main. All of it works offline.

Examples:
  darklang branch create fix-rounding --switch
  darklang branch share fix-rounding Bob
  darklang branch switch main
  darklang branch`,
    );
  addList(branch);
  addCreate(branch);
  addSwitch(branch);
  addRename(branch);
  addArchive(branch);
  addShare(branch);
}

function addList(branch: Command): void {
  branch
    .command("list", { isDefault: true })
    .description("the branches, and how they stand")
    .option("--all", "with those that are archived")
    // Whoever types `branch NAME` means something else, and is told so.
    .allowExcessArguments()
    .action(
      inWholeSpace("reads", (space, command, options: { readonly all?: true }) =>
        list(space, command.args[0], options.all === true),
      ),
    );
}

function addCreate(branch: Command): void {
  branch
    .command("create <NAME>")
    .description("make a branch of the one you are on, or of main")
    .option("--from <branch>", "the branch to begin with (or main) instead")
    .option("--switch", "go to it at once")
    .addHelpText("after", "\nExample:\n  darklang branch create fix-rounding --from main --switch")
    .action(
      inWholeSpace(
        "writes",
        (space, _command, name: string, options: { readonly from?: string; readonly switch?: true }) =>
          create(space, name, options.from ?? null, options.switch === true),
      ),
    );
}

function addSwitch(branch: Command): void {
  branch
    .command("switch <NAME>")
    .description("go to a branch, or to main")
    .addHelpText("after", "\nExamples:\n  darklang branch switch fix-rounding\n  darklang branch switch main")
    .action(inWholeSpace("reads", (space, _command, name: string) => switchTo(space, name)));
}

function addRename(branch: Command): void {
  branch
    .command("rename <NAME> [NEW]")
    .description("give the branch you are on another name, or the one named first")
    .addHelpText(
      "after",
      "\nExamples:\n  darklang branch rename rounding\n  darklang branch rename fix-rounding rounding",
    )
    .action(
      inWholeSpace("writes", (space, _command, first: string, second: string | undefined) =>
        second === undefined ? rename(space, null, first) : rename(space, first, second),
      ),
    );
}

function addArchive(branch: Command): void {
  branch
    .command("archive <NAME>")
    .description("put a branch away: it keeps all it has, and is listed with --all only")
    .addHelpText("after", "\nExample:\n  darklang branch archive fix-rounding")
    .action(inWholeSpace("writes", (space, _command, name: string) => archive(space, name)));
  branch
    .command("restore <NAME>")
    .description("bring an archived branch back")
    .addHelpText("after", "\nExample:\n  darklang branch restore fix-rounding")
    .action(inWholeSpace("writes", (space, _command, name: string) => restore(space, name)));
}

function addShare(branch: Command): void {
  branch
    .command("share <NAME> <MEMBER>")
    .description("let a member see a branch and work on it")
    .option("--read", "to read only")
    .option("--remove", "not any more")
    .addHelpText(
      "after",
      `
A branch that is not shared is hidden from the others, but it is not secret: in
an open space its log goes to everyone.

Examples:
  darklang branch share fix-rounding Bob
  darklang branch share fix-rounding Cleo --read
  darklang branch share fix-rounding Bob --remove`,
    )
    .action(
      inWholeSpace("writes", (space, _command, name: string, member: string, options: ShareOptions) =>
        share(space, name, member, options),
      ),
    );
}

function list(space: Space, name: string | undefined, withArchived: boolean): Answer {
  if (name !== undefined) {
    wrongUsage(
      `branch has no subcommand ${name}`,
      `Meant \`darklang branch switch ${name}\` or \`darklang branch create ${name}\`?`,
    );
  }
  const { main, listed, late } = space.replica.store.read((tables) => {
    const shown = branchesToList(space, tables, withArchived);
    return { main: mainJson(space, tables), listed: shown, late: lateWork(space, tables, shown) };
  });
  const nameWidth = Math.max(...listed.map(({ view }) => stringWidth(view.label)), 4);
  const isCurrent = ({ id }: BranchView) => id === space.branch?.id;
  return {
    json: { branches: [main, ...listed.map((branch) => branchJson(branch, space.branch))] },
    text: [
      mainLine(main.current === true),
      ...listed.flatMap((branch) => branchLines(branch, isCurrent(branch.view), nameWidth)),
    ].join("\n"),
    note: late
      .map(({ view, changes }) =>
        paint.yellow(
          `${view.label}: ${lateText(changes)}: ${view.isArchived ? `darklang branch restore ${view.label}` : commandOn({ ...space, branch: view }, "merge")}`,
        ),
      )
      .join("\n"),
  };
}
