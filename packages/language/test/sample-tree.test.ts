import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { darklang } from "../src/darklang.ts";
import { printBack } from "./print-back.ts";

const root = join(import.meta.dirname, "../../../test/fixtures/sample-tree");
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) =>
  path.endsWith(".dark"),
);
const texts = files.map((path) => readFileSync(join(root, path), "utf8"));
const splits = texts.map((text) => darklang.splitFile(text));
const definitions = splits.flatMap((split) => split.definitions);

test("D20 D21 the sample tree splits without a problem, and prints back", () => {
  expect(splits.flatMap((split) => split.problems)).toEqual([]);
  expect(splits.map(printBack)).toEqual(texts);
});

test("D13 it has enough of everything, and each location once", () => {
  expect(definitions.length).toBeGreaterThanOrEqual(60);
  expect(new Set(definitions.map((one) => one.location)).size).toBe(definitions.length);
  expect(new Set(definitions.map((one) => one.location.split(".")[0]))).toEqual(new Set(["Acme", "Stripe"]));
  for (const kind of ["fn", "type", "value"]) {
    expect(definitions.filter((one) => one.text.kind === kind).length).toBeGreaterThanOrEqual(10);
  }
});

test("D26 D27 D28 names that it uses of its own are found", () => {
  const locations = new Set(definitions.map((one) => one.location));
  const used = (location: string): string[] => {
    const one = definitions.find((found) => found.location === location);
    if (one === undefined) throw new Error(`${location} is not in the sample tree`);
    const module = location.slice(0, location.lastIndexOf("."));
    const names = darklang.references(one.text.head + one.name + one.text.tail);
    const places = names.flatMap(
      (name) => darklang.candidates(name, module).find((place) => locations.has(place)) ?? [],
    );
    return [...new Set(places)];
  };
  expect(used("Acme.Dates.addDays")).toEqual(["Acme.Dates.Day", "Acme.Dates.addDays", "Acme.Dates.next"]);
  expect(used("Acme.Shop.pageOf")).toEqual(["Acme.Shop.Product", "Acme.Shop.baseUrl", "Acme.Text.slugify"]);
  expect(used("Stripe.Http.decode")).toEqual([
    "Stripe.Http.Answer",
    "Stripe.Errors.Error",
    "Stripe.Http.isSuccess",
    "Stripe.Errors.ofStatus",
  ]);
});
