import { spawnSync } from "node:child_process";

/** How tools are called that need no command of their own in git's configuration. */
const knownTools: ReadonlyMap<string, string> = new Map([
  ["vimdiff", vimCommand("vim")],
  ["nvimdiff", vimCommand("nvim")],
  ["gvimdiff", vimCommand("gvim")],
  ["meld", 'meld --output="$MERGED" "$LOCAL" "$BASE" "$REMOTE"'],
  ["kdiff3", 'kdiff3 --output "$MERGED" "$BASE" "$LOCAL" "$REMOTE"'],
  ["code", codeCommand()],
  // What git calls it.
  ["vscode", codeCommand()],
  // It returns at once unless somebody waits for its output.
  ["opendiff", 'opendiff "$LOCAL" "$REMOTE" -ancestor "$BASE" -merge "$MERGED" | cat'],
]);

// The three texts in a row, and below them the merged one, which has the cursor.
function vimCommand(vim: string): string {
  return `${vim} -f -d -c '4wincmd w | wincmd J' "$LOCAL" "$BASE" "$REMOTE" "$MERGED"`;
}

function codeCommand(): string {
  return 'code --wait --merge "$REMOTE" "$LOCAL" "$BASE" "$MERGED"';
}

/**
 * The command of the merge tool that a person has set up, with git's variables in it; null if there is none. It is
 * $DARKLANG_MERGETOOL (a command, or the name of a known tool), else git's `merge.tool`.
 */
export function mergeToolCommand(): string | null {
  const own = process.env.DARKLANG_MERGETOOL;
  if (own) return knownTools.get(own) ?? own;
  const tool = gitSetting("merge.tool");
  return tool === null ? null : (gitSetting(`mergetool.${tool}.cmd`) ?? knownTools.get(tool) ?? null);
}

/** A setting of git; null if it is not set, or there is no git. */
function gitSetting(name: string): string | null {
  const { status, stdout } = spawnSync("git", ["config", "--get", name], { encoding: "utf8" });
  return status === 0 && stdout.trim() !== "" ? stdout.trim() : null;
}
