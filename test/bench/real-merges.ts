// `npm run real-merges -- REPOSITORY…`: how the merge of texts (packages/core/SPEC.md M1 to M10) and `git merge-file`
// do on the definitions that both sides of real merges changed, beside what people committed. The repositories are
// local and bare, with their history; nothing is written to them. See docs/real-merges.md.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { renderDefinition } from "@darksync/core/definition";
import { mergeTexts } from "@darksync/core/merge-text";
import { fsharp } from "./real-merges/fsharp.ts";
import { git } from "./real-merges/git.ts";
import type { SourceLanguage } from "./real-merges/language.ts";
import { MergeFile } from "./real-merges/merge-file.ts";
import { outcomeOf, Tally, tableHead } from "./real-merges/outcome.ts";
import { harvest, type Triple } from "./real-merges/triples.ts";
import { loadTypescript } from "./real-merges/typescript.ts";

/** One line of the results: where a triple is from and how both did. */
interface Finding {
  readonly commit: string;
  readonly file: string;
  readonly path: string;
  readonly tookFile: boolean;
  readonly git: string;
  readonly darksync: string;
}

/** Installs the parser and the tokenizer for TypeScript, which are not among the project's own dependencies. */
function install(): void {
  const folder = join(import.meta.dirname, "real-merges");
  const { status } = spawnSync("npm", ["ci", "--silent", "--prefix", folder], { stdio: "inherit" });
  if (status !== 0) throw new Error(`npm ci in ${folder} ended with ${status}`);
}

/** The language that most files of the newest commit are in. */
async function languageOf(
  repository: string,
  languages: readonly SourceLanguage[],
): Promise<SourceLanguage | undefined> {
  const files = await git(repository, "ls-tree", "-r", "--name-only", "HEAD");
  const count = (language: SourceLanguage) => files.filter((file) => language.fileName.test(file)).length;
  return [...languages].sort((one, other) => count(other) - count(one))[0];
}

function compare(triple: Triple, mergeFile: MergeFile, tallies: readonly Tally[]): Finding {
  const { commit, file, path, tookFile, name, language, base, ours, theirs } = triple;
  const source = (text: Triple["base"]) => renderDefinition(text, name);
  const sources = {
    base: source(base),
    ours: source(ours),
    theirs: source(theirs),
    people: source(triple.people),
  };
  const theirMerge = mergeFile.merge(sources.base, sources.ours, sources.theirs);
  const ourMerge = mergeTexts(language, name, base, ours, theirs);
  const outcome = {
    git: outcomeOf(theirMerge, sources),
    darksync: outcomeOf(ourMerge && source(ourMerge), sources),
  };
  const isIllFormed = theirMerge !== null && "reason" in language.parseDefinition(theirMerge);
  for (const tally of tallies) tally.add(outcome.git, outcome.darksync, isIllFormed);
  return { commit, file, path, tookFile, ...outcome };
}

install();
const languages = [fsharp, loadTypescript()];
const total = { all: new Tally(), merged: new Tally() };
const rows: { readonly all: string[]; readonly merged: string[] } = { all: [], merged: [] };
const results: Record<string, unknown> = {};
const mergeFile = new MergeFile();
try {
  for (const argument of process.argv.slice(2)) {
    const repository = resolve(argument);
    // The folder of a clone is often called `repo` or `.git`; the one around it has the name.
    const name = basename(/^(?:\.git|repo)$/.test(basename(repository)) ? dirname(repository) : repository);
    const language = await languageOf(repository, languages);
    if (language === undefined) continue;
    const { triples, ...counts } = await harvest(repository, language);
    const own = { all: new Tally(), merged: new Tally() };
    const findings = triples.map((triple) =>
      compare(
        triple,
        mergeFile,
        triple.tookFile ? [own.all, total.all] : [own.all, total.all, own.merged, total.merged],
      ),
    );
    const [newest] = await git(repository, "rev-parse", "HEAD");
    results[name] = { newest, language: language.name, ...counts, ...own, findings };
    rows.all.push(own.all.row(name));
    rows.merged.push(own.merged.row(name));
    console.log(`${name} ${newest} ${language.name} ${JSON.stringify(counts)}`);
  }
} finally {
  mergeFile.close();
}
console.log(`\nFiles that people merged\n\n${tableHead}`);
for (const row of [...rows.merged, total.merged.row("total")]) console.log(row);
console.log(`\nAll, also where people took the whole file of one side\n\n${tableHead}`);
for (const row of [...rows.all, total.all.row("total")]) console.log(row);
console.log(
  `\ngit merge-file: ${total.all.illFormed} merges are not well-formed; darksync: none by rule M8.`,
);
const folder = join(import.meta.dirname, "results");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "real-merges.json"), `${JSON.stringify({ total, results }, null, 2)}\n`);
