import { type Command, InvalidArgumentError } from "commander";
import { syncInBackground } from "../background.js";
import { type Answer, type GlobalOptions, inSpace } from "../command.js";
import type { Space } from "../space.js";

export function addOffline(program: Command): void {
  program
    .command("offline")
    .argument("<on|off>", "on: no traffic until it is switched off", readSwitch)
    .description("switch working offline on or off")
    .addHelpText("after", "\nExamples:\n  darklang offline on\n  darklang offline off")
    .action(inSpace("reads", (space, command, isOn: boolean) => switchOffline(space, command, isOn)));
}

function readSwitch(text: string): boolean {
  if (text === "on" || text === "off") return text === "on";
  throw new InvalidArgumentError("give on or off.");
}

async function switchOffline(space: Space, command: Command, isOn: boolean): Promise<Answer> {
  await space.replica.store.write(({ meta }) => meta.set("workOffline", isOn ? "yes" : null));
  if (!isOn && command.optsWithGlobals<GlobalOptions>().offline !== true) syncInBackground(space);
  return {
    json: { workOffline: isOn },
    text: isOn
      ? "No traffic until `darklang offline off`. All you do is kept and sent then."
      : "Back online.",
  };
}
