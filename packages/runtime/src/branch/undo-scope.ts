import { branchLog, branchOfLog } from "@darksync/core/branch";
import { type Change, decodeChange } from "@darksync/core/change";
import { mainBranch } from "@darksync/core/conflict";
import type { Op } from "@darksync/core/op/op";
import { failure, type Result, success } from "@darksync/core/result";
import { ChangeReader } from "../replica/change-bytes.js";
import type { Replica } from "../replica/replica.js";
import type { ChangeRecord } from "../store/change-store.js";
import type { ReplicaTables } from "../store/store.js";

type Ports = Pick<Replica, "device" | "compression">;

const readAtOnce = 100;

/**
 * The last own change of the branch (or main) that is worked on, or of what is said of any branch: its name, archive
 * and shares are no part of what a branch shows.
 */
export function lastOwnChange(ports: Ports, tables: ReplicaTables): Result<ChangeRecord> {
  const reader = new ChangeReader(tables, ports.compression);
  for (let before: number | undefined; ; ) {
    const page = tables.changes.latest(readAtOnce, before);
    const own = page.find(
      (record) =>
        record.device === ports.device && record.log !== "auth" && isInScope(reader, tables, record),
    );
    if (own !== undefined) return success(own);
    before = page.at(-1)?.number;
    if (before === undefined) {
      const where = tables.packages.branch === mainBranch ? "" : " on this branch";
      return failure("nothing-to-undo", `you have changed nothing${where} yet`, "Save something first.");
    }
  }
}

/** Whether a change may be taken back from the branch (or main) that is worked on: its heads are what is looked at. */
export function checkUndoScope(
  ports: Ports,
  tables: ReplicaTables,
  record: ChangeRecord,
): Result<ChangeRecord> {
  const reader = new ChangeReader(tables, ports.compression);
  if (isInScope(reader, tables, record)) return success(record);
  const branch = branchOfLog(record.log);
  const place = branch === null ? "main" : `branch ${branch.slice(0, 12)}`;
  return failure(
    "other-branch",
    `that change was made on ${place}`,
    `Take it back there: darklang --branch ${branch?.slice(0, 12) ?? "main"} undo ${record.id.slice(0, 12)}`,
  );
}

function isInScope(reader: ChangeReader, { packages }: ReplicaTables, record: ChangeRecord): boolean {
  const isOfBranch = branchOfLog(record.log) !== null;
  if (packages.branch === mainBranch ? !isOfBranch : record.log === branchLog(packages.branch)) return true;
  if (!isOfBranch) return false;
  const decoded = decodeChange(reader.bytesOf(record));
  return decoded.type === "change" && isAboutBranch(decoded.change);
}

const aboutBranches: ReadonlySet<Op["type"]> = new Set([
  "NameBranch",
  "ArchiveBranch",
  "RestoreBranch",
  "ShareBranch",
]);

function isAboutBranch({ ops }: Change): boolean {
  return ops.every(({ type }) => aboutBranches.has(type));
}
