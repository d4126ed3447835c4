import type { Rebuilt } from "@darksync/runtime/replica/rebuild";
import type { SyncOutcome } from "@darksync/runtime/replica/sync-tally";
import type { Repair } from "./repair.js";
import { countOf, shortId } from "./wording.js";

/** What a rebuild came to, in words. `outcome`: of the sync with the relay; null if it was not asked, for the reason. */
export function describeRebuild(
  { kept, queued, lacking }: Rebuilt,
  outcome: SyncOutcome | null,
  reason: "no-relay" | "work-offline" | null,
): Pick<Repair, "repaired" | "missing"> {
  const parts = [
    ...(kept > 0 ? [`${countOf(kept, "change")} from good blocks of the old one`] : []),
    ...(outcome !== null && outcome.pulled > 0 ? [`${outcome.pulled} from the relay`] : []),
    ...(queued > 0 ? [`${countOf(queued, "own change")} that no good block held`] : []),
  ];
  const repaired = [`The database was made anew${parts.length > 0 ? `: ${parts.join(", ")}` : ""}.`];
  if (outcome !== null && outcome.pushed > 0)
    repaired.push(`${countOf(outcome.pushed, "own change")} known to be on the relay.`);
  return { repaired, missing: missingWords(lacking, outcome, reason) };
}

function missingWords(
  lacking: Rebuilt["lacking"],
  outcome: SyncOutcome | null,
  reason: "no-relay" | "work-offline" | null,
): readonly string[] {
  const blocks = lacking.map(
    ({ log, stream, tip, held }) => `blocks ${held + 1} to ${tip} of stream ${shortId(stream)} in ${log}`,
  );
  if (outcome !== null && outcome.problem === null)
    return [
      ...blocks.map((words) => `The relay does not have it either, whoever has it brings it: ${words}.`),
      ...outcome.refused.map(({ message, hint }) => `Not taken: ${message} ${hint}`),
    ];
  if (reason === "no-relay")
    return blocks.map((words) => `Lost, unless a copy of this space has it: ${words}.`);
  const why =
    outcome?.problem === undefined || outcome.problem === null
      ? "this space works offline"
      : outcome.problem.message;
  return [
    ...blocks.map((words) => `To come from the relay: ${words}.`),
    `The relay was not asked: ${why}. What it has comes with the next \`darklang sync\`; until then all counts as pending.`,
  ];
}
