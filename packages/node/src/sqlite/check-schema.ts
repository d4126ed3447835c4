import { StoreError } from "@darksync/runtime/store/store";
import type Database from "better-sqlite3";
import { type Schema, schemaVersion } from "./schema.js";
import { corruptError } from "./store-errors.js";

/** Throws a `StoreError` if a database is of another version or lacks tables. */
export function checkSchema(database: Database.Database, path: string, schema: Schema): void {
  const version = database.pragma("user_version", { simple: true });
  if (typeof version === "number" && version > schemaVersion) {
    throw new StoreError(
      "database-newer",
      `the database ${path} was made by a newer version (format ${version}, this one knows ${schemaVersion})`,
      "upgrade darksync",
    );
  }
  if (version !== schemaVersion) throw corruptError(path, "it has no tables");
  const found = new Set(database.prepare("select name from sqlite_schema").pluck().all());
  const missing = schema.names.filter((name) => !found.has(name));
  if (missing.length > 0) throw corruptError(path, `it lacks ${missing.join(", ")}`);
}
