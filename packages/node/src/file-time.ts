/** The time as it stands in names of files: `20261122T170500-000Z`. */
export function fileTime(): string {
  return new Date().toISOString().replaceAll(/[-:]/g, "").replace(".", "-");
}
