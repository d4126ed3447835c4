import { createHash } from "node:crypto";
import { type DefinitionText, renderDefinition } from "@darksync/core/definition";
import { BlobReader, git } from "./git.ts";
import type { MergeLanguage, SourceLanguage } from "./language.ts";

/** A definition that both parents of a merge changed, each in its own way, and what people made of it. */
export interface Triple {
  readonly commit: string;
  readonly file: string;
  /** Whether the merge took the whole file as one parent had it: nobody merged it then. */
  readonly tookFile: boolean;
  readonly path: string;
  readonly name: string;
  readonly language: MergeLanguage;
  readonly base: DefinitionText;
  readonly ours: DefinitionText;
  readonly theirs: DefinitionText;
  readonly people: DefinitionText;
}

/** What was looked at to find the triples of a repository. */
export interface Harvest {
  readonly triples: readonly Triple[];
  readonly merges: number;
  /** Merges without exactly one merge base; they are left out. */
  readonly withoutOneBase: number;
  /** Files that both parents changed, each in its own way. */
  readonly files: number;
  /** Of those, the ones in which not all four versions gave a definition. */
  readonly unreadFiles: number;
  /** Things in those files that the splitter did not understand, in the version of the merge. */
  readonly problems: number;
}

interface Merge {
  readonly commit: string;
  readonly parents: readonly [string, string];
}

/** Finds the triples of a repository, each once, in the order of its merges. */
export async function harvest(repository: string, language: SourceLanguage): Promise<Harvest> {
  const merges = await mergesOf(repository);
  const blobs = new BlobReader(repository);
  const triples = new Map<string, Triple>();
  const count = { withoutOneBase: 0, files: 0, unreadFiles: 0, problems: 0 };
  try {
    for (const merge of merges) {
      const bases = await git(repository, "merge-base", "--all", ...merge.parents).catch(() => []);
      const [base] = bases;
      if (base === undefined || bases.length > 1) {
        count.withoutOneBase += 1;
        continue;
      }
      for (const file of await contestedFiles(repository, merge, base, language)) {
        const ids = [file.base, file.ours, file.theirs, file.people];
        const [before, ours, theirs, people] = await Promise.all(
          ids.map((id) => blobs.read(id).then(language.read)),
        );
        if (before === undefined || ours === undefined || theirs === undefined || people === undefined)
          continue;
        count.files += 1;
        count.problems += people.problems;
        if ([before, ours, theirs, people].some(({ definitions }) => definitions.size === 0)) {
          count.unreadFiles += 1;
        }
        const tookFile = file.people === file.ours || file.people === file.theirs;
        for (const [path, { name, text, language }] of before.definitions) {
          const [left, right, made] = [ours, theirs, people].map(
            ({ definitions }) => definitions.get(path)?.text,
          );
          if (left === undefined || right === undefined || made === undefined) continue;
          const where = { commit: merge.commit, file: file.path, tookFile, path };
          const triple = { ...where, name, language, base: text, ours: left, theirs: right, people: made };
          if (isContested(triple)) triples.set(keyOf(triple), triple);
        }
      }
    }
  } finally {
    blobs.close();
  }
  return { triples: [...triples.values()], merges: merges.length, ...count };
}

async function mergesOf(repository: string): Promise<readonly Merge[]> {
  const lines = await git(
    repository,
    "log",
    "--all",
    "--merges",
    "--topo-order",
    "--reverse",
    "--format=%H %P",
  );
  return lines.flatMap((line) => {
    const [commit, left, right, more] = line.split(" ");
    return commit && left && right && more === undefined ? [{ commit, parents: [left, right] }] : [];
  });
}

/** A file that both parents changed, each in its own way: the ids of its four versions. */
interface ContestedFile {
  readonly path: string;
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
  readonly people: string;
}

async function contestedFiles(
  repository: string,
  { commit, parents }: Merge,
  base: string,
  language: SourceLanguage,
): Promise<readonly ContestedFile[]> {
  const [ours, theirs] = [
    await changesBetween(repository, base, parents[0], language),
    await changesBetween(repository, base, parents[1], language),
  ];
  const shared = [...ours].filter(([path, { to }]) => theirs.has(path) && theirs.get(path)?.to !== to);
  if (shared.length === 0) return [];
  const made = new Map<string, string>();
  for (const line of await git(repository, "ls-tree", "-r", commit, "--", ...shared.map(([path]) => path))) {
    const [, id, path] = /^100\d{3} blob ([0-9a-f]+)\t(.*)$/.exec(line) ?? [];
    if (id !== undefined && path !== undefined) made.set(path, id);
  }
  return shared.flatMap(([path, { from, to }]) => {
    const [other, result] = [theirs.get(path), made.get(path)];
    if (other === undefined || result === undefined) return [];
    return [{ path, base: from, ours: to, theirs: other.to, people: result }];
  });
}

async function changesBetween(
  repository: string,
  from: string,
  to: string,
  { fileName }: SourceLanguage,
): Promise<ReadonlyMap<string, { readonly from: string; readonly to: string }>> {
  const changes = new Map<string, { from: string; to: string }>();
  for (const line of await git(repository, "diff-tree", "-r", "--no-renames", "--diff-filter=M", from, to)) {
    const [, before, after, path] = /^:100\d{3} 100\d{3} ([0-9a-f]+) ([0-9a-f]+) M\t(.*)$/.exec(line) ?? [];
    if (before !== undefined && after !== undefined && path !== undefined && fileName.test(path))
      changes.set(path, { from: before, to: after });
  }
  return changes;
}

function sourceOf({ name }: Pick<Triple, "name">, text: DefinitionText): string {
  return renderDefinition(text, name);
}

function isContested(triple: Triple): boolean {
  return new Set([triple.base, triple.ours, triple.theirs].map((text) => sourceOf(triple, text))).size === 3;
}

// The same merge is often made again on another branch.
function keyOf(triple: Triple): string {
  const texts = [triple.base, triple.ours, triple.theirs, triple.people].map((text) =>
    sourceOf(triple, text),
  );
  return createHash("sha256")
    .update(JSON.stringify([triple.path, ...texts]))
    .digest("hex");
}
