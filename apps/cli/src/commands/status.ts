import { readFacts } from "@darksync/runtime/replica/replica";
import type { Command } from "commander";
import { type Answer, inSpace } from "../command.js";
import { paint } from "../paint.js";
import type { Space } from "../space.js";
import { countOf, shortId } from "../wording.js";

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("show how this space stands to its relay")
    .addHelpText("after", "\nExample:\n  darklang status --json")
    .action(inSpace("reads", (space) => runStatus(space)));
}

function runStatus({ replica, ...space }: Space): Answer {
  const { space: id, member, relay, strategy, only } = replica.store.read(readFacts);
  const { pending, conflicts, failed, workOffline } = space.status();
  const lines = [
    `Space ${shortId(id) || "(not joined yet)"} in ${space.paths.folder}, branch main`,
    `You are ${paint.bold(member)}, on device ${shortId(replica.device)}`,
    relay === null
      ? "No relay. To link one: darklang sync --relay URL"
      : `Relay ${relay}, ${workOffline ? "working offline" : `${strategy} sync`}`,
    ...(only.length > 0 ? [`Only the packages of ${only.join(", ")}`] : []),
    pending === 0 ? "Nothing waits for the relay." : `${countOf(pending, "change")} not on the relay yet.`,
    ...(failed > 0 ? [paint.red(`${failed} failed: darklang sync --status`)] : []),
    ...(conflicts > 0 ? [paint.yellow(`${countOf(conflicts, "conflict")}: darklang conflicts`)] : []),
  ];
  return {
    json: {
      branch: "main",
      pending,
      conflicts,
      requests: 0,
      notices: 0,
      space: id,
      member,
      device: replica.device,
      relay,
      strategy,
    },
    text: lines.join("\n"),
  };
}
