import type { Replica } from "@darksync/runtime/replica/replica";
import type { Chance } from "./chance.ts";
import type { Device } from "./device.ts";
import type { World } from "./world.ts";

const places = [
  "Acme.a",
  "Acme.b",
  "Beta.c",
  "Acme.M.d",
  "Acme.e",
  "Beta.a",
  "Acme.M.b",
  "Beta.N.f",
] as const;

/** The places that the team of this run writes to. */
export function placesOf(world: World): readonly string[] {
  return places.slice(0, world.swarm.places);
}

/** One of them. */
export function placeOf(world: World, chance: Chance): string {
  return chance.pick(placesOf(world));
}

/** Mostly a place where something is shown, so that most of what is done to it can be. */
export function shownPlace(world: World, here: Replica, chance: Chance): string {
  const shown = here.store.read(({ packages }) => packages.names("", Number.MAX_SAFE_INTEGER));
  return shown.length === 0 || chance.percent(10) ? placeOf(world, chance) : chance.pick(shown).location;
}

/** A device that can do something now, or null. */
export function deviceUp(world: World, chance: Chance): Device | null {
  const up = world.devices.filter(({ isUp }) => isUp);
  return up.length === 0 ? null : chance.pick(up);
}

/** Any device. */
export function anyDevice(world: World, chance: Chance): Device {
  return chance.pick(world.devices);
}

/** A text for a place. Its lines are few and change one at a time, so that some edits merge and some do not. */
export function sourceFor(world: World, chance: Chance, place: string): string {
  const name = place.split(".").at(-1) ?? "";
  if (chance.percent(6)) return `type ${name} = Int\n`;
  if (chance.percent(10)) return `val ${name} = ${chance.below(3)}L\n`;
  const other = placeOf(world, chance);
  const parameter = chance.percent(15) ? "(n: Int) (m: Int)" : "(n: Int)";
  const lines = ["let x = 1L", "let y = 2L", `let z = ${other === place ? "3L" : `${other} 3L`}`];
  const changed = chance.below(lines.length);
  const body = lines.map((line, at) => (at === changed ? line.replace("L", `${chance.below(4)}L`) : line));
  return `let ${name} ${parameter} : Int =\n  ${body.join("\n\n  ")}\n\n  x\n`;
}
