import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { maxClockDriftMs } from "@darksync/core/hlc";
import { expect, test } from "vitest";
import { type CliRun, run } from "../support/cli.js";
import { eventually, type SyncFields, Teammate, testFolder, testRelay } from "../support/team.js";
import { clockOf, noFaketime } from "./support/faketime.js";
import { changeIds, readRelay, readSpace, viewOf } from "./support/space-reads.js";
import { startWatching } from "./support/watching.js";

const isSynced = ({ state, pending }: SyncFields) => state === "synced" && pending === 0;

/** A clock in a file, which processes may be told to go by. */
class Clock {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, "clock");
    this.set("+0");
  }

  /** Off by so much from now on, like `-100y`. */
  set(offset: string): void {
    writeFileSync(this.#file, `${offset}\n`);
  }

  get env(): Readonly<Record<string, string>> {
    return clockOf(this.#file);
  }
}

/** Runs a command by that clock; it must succeed. */
async function runBy(clock: Clock, mate: Teammate, args: readonly string[], input = ""): Promise<CliRun> {
  const ran = await run(["--space", mate.folder, "--json", ...args], { env: clock.env, input });
  expect(ran.code, `${args.join(" ")}: ${ran.stdout}${ran.stderr}`).toBe(0);
  return ran;
}

const saveBy = (clock: Clock, mate: Teammate, name: string, value: number): Promise<CliRun> =>
  runBy(clock, mate, ["--offline", "save", `Acme.${name}`], `let ${name} = ${value}L\n`);

/** The changes that a space knows, with when they say they were made and whether that is doubted. */
async function changesOf(
  mate: Teammate,
): Promise<readonly { readonly author: string; readonly time: string | null; readonly skewed: boolean }[]> {
  const { changes } = await mate.do("log");
  return changes as { author: string; time: string | null; skewed: boolean }[];
}

const withClocks = noFaketime === null ? test : test.skip;
const unless = noFaketime === null ? "" : ` (skipped: ${noFaketime})`;

for (const offset of ["-100y", "+100y"]) {
  withClocks(
    `C4: with a clock off by ${offset} everything works, nothing is refused, and nobody else's clock follows it${unless}`,
    async () => {
      const folder = testFolder();
      const clock = new Clock(folder);
      const relay = await testRelay(join(folder, "relay"));
      const [ada, bob] = [new Teammate("ada", folder), new Teammate("bob", folder)];
      clock.set(offset);
      await runBy(clock, ada, ["init", ada.folder, "--as", "Ada", "--owner", "Acme"]);
      await saveBy(clock, ada, "a", 1);
      await saveBy(clock, ada, "b", 1);
      await runBy(clock, ada, ["sync", "--relay", relay.url]);
      await bob.join(relay.url);
      await bob.saveValue("Acme.a", 2);
      await bob.sync();
      // Both edit what they saw; whose clock is ahead decides nothing.
      await saveBy(clock, ada, "b", 3);
      await runBy(clock, ada, ["sync"]);
      await bob.saveValue("Acme.c", 1);
      expect(await bob.sync()).toMatchObject({ conflicts: 0, sync: { state: "synced", pending: 0 } });
      const { json } = await runBy(clock, ada, ["sync"]);
      expect(json).toMatchObject({ conflicts: 0, failed: 0, sync: { state: "synced", pending: 0 } });
      expect(readSpace(ada.folder, viewOf)).toEqual(readSpace(bob.folder, viewOf));
      const known = await changesOf(bob);
      const own = known.filter(({ author }) => author === "bob");
      expect(own.map(({ skewed }) => skewed)).toEqual([false, false, false]);
      const latestMs = Math.max(...own.map(({ time }) => Date.parse(time ?? "")));
      expect(latestMs).toBeLessThan(Date.now() + maxClockDriftMs + 60_000);
      const others = known.filter(({ author }) => author === "Ada");
      const isAhead = offset.startsWith("+");
      expect(others.map(({ skewed }) => skewed)).toEqual([isAhead, isAhead, isAhead, isAhead]);
      for (const mate of [ada, bob]) expect(await mate.do("doctor")).toMatchObject({ ok: true });
    },
  );
}

withClocks(`C4: a clock that jumps by centuries while a sync watches stops nothing${unless}`, async () => {
  const folder = testFolder();
  const clock = new Clock(folder);
  const relay = await testRelay(join(folder, "relay"));
  const ada = new Teammate("ada", folder);
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  await ada.do("sync", "--strategy", "lazy");
  startWatching(ada.folder, clock.env);
  await eventually(() => ada.fields(), isSynced);
  let count = 1;
  for (const offset of ["+100y", "-100y", "+3d", "+0"]) {
    clock.set(offset);
    await saveBy(clock, ada, "a", count);
    await eventually(() => ada.fields(), isSynced);
    count += 1;
    expect(readRelay(join(folder, "relay")).changes).toHaveLength(count);
  }
  expect(readSpace(ada.folder, changeIds)).toHaveLength(count);
  expect(await ada.do("doctor")).toMatchObject({ ok: true });
});

withClocks(`C4, L5: a relay whose clock is off takes and passes on what it gets${unless}`, async () => {
  const folder = testFolder();
  const clock = new Clock(folder);
  const kept = { ...process.env };
  Object.assign(process.env, clock.env);
  clock.set("-100y");
  const relay = await testRelay(join(folder, "relay")).finally(() => {
    for (const name of Object.keys(clock.env)) delete process.env[name];
    Object.assign(process.env, kept);
  });
  const [ada, bob] = [new Teammate("ada", folder), new Teammate("bob", folder)];
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  await bob.join(relay.url);
  for (const offset of ["+100y", "+0"]) {
    clock.set(offset);
    await ada.saveValue("Acme.a", offset.length);
    for (const mate of [ada, bob]) expect(await mate.sync()).toMatchObject({ sync: { state: "synced" } });
    expect(readSpace(bob.folder, viewOf)).toEqual(readSpace(ada.folder, viewOf));
  }
});
