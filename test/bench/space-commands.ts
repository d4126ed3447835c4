import type { Replica } from "@darksync/runtime/replica/replica";
import { darklangBin, type Running, runNode } from "./processes.ts";
import { openSpaceIn } from "./spaces.ts";

/** Runs `darklang` as a process in the space of a folder; milliseconds to its exit, and what `--json` said. */
export async function darklang(
  folder: string,
  ...args: readonly string[]
): Promise<{ readonly ms: number; readonly json: Record<string, unknown> }> {
  const { ms, stdout } = await runNode([darklangBin, ...args, "--space", folder, "--json"]);
  return { ms, json: JSON.parse(stdout) as Record<string, unknown> };
}

/** Copies the space of a relay into a folder. */
export async function joinSpace(relay: Running, folder: string, member: string): Promise<void> {
  await runNode([darklangBin, "join", urlOf(relay), folder, "--as", member, "--json"]);
}

export function urlOf({ port }: Pick<Running, "port">): string {
  return `http://127.0.0.1:${port}`;
}

/** Tells a closed space where its relay is now. */
export async function linkTo(folder: string, relay: Pick<Running, "port">): Promise<void> {
  await closing(await openSpaceIn(folder, "normal"), ({ store }) =>
    store.write(({ meta }) => meta.set("relay", urlOf(relay))),
  );
}

/** Works with an open space, and closes it. */
export async function closing<Value>(
  replica: Replica,
  work: (replica: Replica) => Promise<Value> | Value,
): Promise<Value> {
  try {
    return await work(replica);
  } finally {
    replica.store.close();
  }
}

/** What a closed space shows, to be compared; fails if there are conflicts, or not so many definitions. */
export async function shownIn(folder: string, definitions: number): Promise<string> {
  return closing(await openSpaceIn(folder, "normal"), ({ store }) =>
    store.read(({ packages }) => {
      const rows = packages.names("", 2 * definitions);
      const conflicts = packages.countConflicts();
      if (rows.length !== definitions || conflicts > 0)
        throw new Error(`${rows.length} definitions, ${conflicts} conflicts in ${folder}`);
      return JSON.stringify(rows.map(({ location, shown }) => [location, shown?.value]));
    }),
  );
}
