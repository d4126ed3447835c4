import { parseRelayUrl } from "@darksync/node/relay-url";
import { readStatus } from "@darksync/runtime/read/status";
import { readFacts } from "@darksync/runtime/replica/replica";
import type { SyncOutcome } from "@darksync/runtime/replica/sync-session";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { ProblemError, unwrap } from "../problem-error.js";
import type { Space } from "../space.js";
import { runSync } from "../sync-run.js";

interface SyncOptions {
  readonly relay?: string;
  readonly background?: true;
}

export function addSync(program: Command): void {
  program
    .command("sync")
    .description("exchange changes with the relay")
    .option("--relay <url>", "link this space to a relay first")
    .option("--background", "")
    .action(inSpace("reads", (space, _command, options: SyncOptions) => syncOnce(space, options)));
}

async function syncOnce(space: Space, options: SyncOptions): Promise<Answer> {
  const url = await linkRelay(space, options.relay);
  const outcome = await runSync(space, url);
  return describeOutcome(space, outcome);
}

/** The relay to sync with; `given` links the space to it. */
async function linkRelay({ replica }: Space, given: string | undefined): Promise<string> {
  if (given !== undefined) {
    const relay = unwrap(parseRelayUrl(given));
    await replica.store.write(({ meta }) => meta.set("relay", relay.text));
    return relay.socketUrl;
  }
  const { relay } = replica.store.read(readFacts);
  if (relay !== null) return unwrap(parseRelayUrl(relay)).socketUrl;
  throw new ProblemError({
    code: "no-relay",
    message: "this space is linked to no relay",
    hint: "Link it: darklang sync --relay http://HOST:PORT",
  });
}

function describeOutcome({ replica }: Space, { pushed, pulled, problem }: SyncOutcome): Answer {
  if (problem !== null) throw new ProblemError(problem);
  const { conflicts, failed } = replica.store.read((tables) => readStatus(tables, false));
  return {
    json: { pushed, pulled, conflicts, failed },
    text: `${pushed} pushed, ${pulled} pulled, ${conflicts} conflicts, ${failed} failed.`,
    exitCode: failed > 0 ? 1 : 0,
  };
}
