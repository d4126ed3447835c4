import type { Conflict } from "@darksync/core/conflict";
import { changeOf } from "@darksync/core/op-id";
import type { Choice } from "@darksync/runtime/conflict/decision";
import { allConflicts } from "@darksync/runtime/conflict/filter";
import { planConflict } from "@darksync/runtime/conflict/plan";
import { resolveAll, resolveConflict } from "@darksync/runtime/conflict/resolve";
import { rules } from "@darksync/runtime/conflict/rule";
import { listConflicts } from "@darksync/runtime/read/conflicts";
import type { Chance } from "../chance.ts";
import { describe } from "../device.ts";
import type { Move } from "../move.ts";
import { deviceUp, shownPlace, sourceFor } from "../places.ts";
import type { World } from "../world.ts";

/** Somebody settles a conflict, by whatever choice there is. */
export const resolveMove: Move = {
  name: "resolve",
  kind: "intent",
  weight: 12,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const here = device?.here ?? null;
    if (device === null || here === null) return;
    const conflicts = here.store.read((tables) => listConflicts(here, tables));
    if (conflicts.length === 0) return;
    const conflict = chance.pick(conflicts);
    const choice = choiceFor(world, chance, conflict);
    void device.act(`resolve ${conflict.kind} ${conflict.id.slice(0, 8)} by ${choice.type}`, async () =>
      describe(await resolveConflict(here, conflict.id, choice), ({ changes }) => device.told(...changes)),
    );
  },
};

function choiceFor(world: World, chance: Chance, { kind, heads, location }: Conflict): Choice {
  const types = ["mine", "theirs", "both", "base", "delete", "head", "file"] as const;
  const type = kind === "dependency" && chance.percent(60) ? "accept" : chance.pick(types);
  if (type === "file") return { type, source: sourceFor(world, chance, location) };
  if (type !== "head") return { type };
  return { type, prefix: heads.length === 0 ? "none" : changeOf(chance.pick(heads).id) };
}

/** Somebody settles all conflicts by a rule. */
export const resolveAllMove: Move = {
  name: "resolve-all",
  kind: "intent",
  weight: 2,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const here = device?.here ?? null;
    if (device === null || here === null) return;
    const rule = chance.pick(rules);
    void device.act(`resolve all by ${rule}`, async () =>
      describe(
        await resolveAll(here, allConflicts, rule, "write"),
        ({ settled, left }) => `${settled.length} settled, ${left.length} left`,
      ),
    );
  },
};

/** Somebody says beforehand how a conflict is to be settled. */
export const planMove: Move = {
  name: "plan",
  kind: "intent",
  weight: 4,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const here = device?.here ?? null;
    if (device === null || here === null) return;
    const place = shownPlace(world, here, chance);
    const rule = chance.pick(rules);
    void device.act(`plan ${rule} for ${place}`, async () =>
      describe(await planConflict(here, place, rule), ({ plan }) => plan.kind),
    );
  },
};
