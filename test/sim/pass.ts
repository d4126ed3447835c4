import { settled } from "./agenda.ts";
import type { World } from "./world.ts";

const maxEvents = 60_000;

/** Lets simulated time pass, and looks at whatever changes. Ends early at a violation. */
export async function pass(world: World, forMs: number): Promise<void> {
  const untilMs = world.agenda.nowMs + forMs;
  await passWhile(world, untilMs, () => true);
  world.agenda.nowMs = Math.max(world.agenda.nowMs, untilMs);
}

/** Passes time until a promise settles, or so long at most; then null. */
export async function passUntil<Value>(
  world: World,
  promise: Promise<Value>,
  boundMs: number,
): Promise<Value | null> {
  let isDone = false;
  let value: Value | null = null;
  void promise.then((result) => {
    isDone = true;
    value = result;
  });
  await settled();
  world.checkStep();
  await passWhile(world, world.agenda.nowMs + boundMs, () => !isDone);
  return value;
}

async function passWhile(world: World, untilMs: number, goesOn: () => boolean): Promise<void> {
  while (goesOn() && world.violation === null && (await world.agenda.step(untilMs))) {
    world.checkStep();
    if (world.agenda.count > maxEvents) world.fail("endless", `more than ${maxEvents} events, and no end`);
  }
}
