import { importFiles } from "@darksync/runtime/edit/import-files";
import type { Move } from "../move.ts";
import { deviceUp, sourceFor } from "../places.ts";

/** Somebody imports a file; two may import the same one. */
export const importMove: Move = {
  name: "import",
  kind: "intent",
  weight: 3,
  run: (world, chance) => {
    const device = deviceUp(world, chance);
    const here = device?.here ?? null;
    if (device === null || here === null) return;
    const module = chance.pick(["Acme", "Acme.M", "Beta"]);
    const names = ["a", "b", "c", "d", "g"].slice(0, chance.between(1, 5));
    const texts = names.map((name) => sourceFor(world, chance, `${module}.${name}`));
    const file = { path: `${module.toLowerCase()}.dark`, text: `module ${module}\n\n${texts.join("\n\n")}` };
    void device.act(`import ${file.path}`, async () => {
      const { added, updated, unchanged, skipped } = await importFiles(here, [file]);
      return `${added} added, ${updated} updated, ${unchanged} unchanged, ${skipped.length} skipped`;
    });
  },
};
