// Loaded before a command: where its output goes into a file, it is told that this is a terminal of 100 columns without
// colours, so that it says what a person would see. What goes into a pipe stays as it is.
import { fstatSync } from "node:fs";

if (fstatSync(process.stdout.fd).isFile()) {
  process.stdout.isTTY = true;
  process.stdout.columns = 100;
  process.stdout.getColorDepth = () => 1;
}
