import { branchLog, branchOfLog } from "@darksync/core/branch";
import { decodeChange } from "@darksync/core/change";
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
 * The last own change of the branch (or main) that is worked on. On main also what was said of a branch right now,
 * its name, archive or shares: whoever archives the branch that they are on is on main then.
 */
export function lastOwnChange(ports: Ports, tables: ReplicaTables): Result<ChangeRecord> {
  const isMain = tables.packages.branch === mainBranch;
  const reader = new ChangeReader(tables, ports.compression);
  let isLatest = true;
  for (let before: number | undefined; ; ) {
    const page = tables.changes.latest(readAtOnce, before);
    for (const record of page) {
      if (record.device !== ports.device || record.log === "auth") continue;
      if (isOfView(tables, record) || (isMain && isLatest && isAboutBranch(reader, record)))
        return success(record);
      isLatest = false;
    }
    before = page.at(-1)?.number;
    if (before === undefined) {
      const where = isMain ? "" : " on this branch";
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
  if (isOfView(tables, record) || isAboutBranch(reader, record)) return success(record);
  const branch = branchOfLog(record.log);
  const place = branch === null ? "main" : `branch ${branch.slice(0, 12)}`;
  return failure(
    "other-branch",
    `that change was made on ${place}`,
    `Take it back there: darklang --branch ${branch?.slice(0, 12) ?? "main"} undo ${record.id.slice(0, 12)}`,
  );
}

function isOfView({ packages: { branch } }: ReplicaTables, { log }: ChangeRecord): boolean {
  return branch === mainBranch ? branchOfLog(log) === null : log === branchLog(branch);
}

const aboutBranches: ReadonlySet<Op["type"]> = new Set([
  "NameBranch",
  "ArchiveBranch",
  "RestoreBranch",
  "ShareBranch",
]);

function isAboutBranch(reader: ChangeReader, record: ChangeRecord): boolean {
  if (branchOfLog(record.log) === null) return false;
  const decoded = decodeChange(reader.bytesOf(record));
  return decoded.type === "change" && decoded.change.ops.every(({ type }) => aboutBranches.has(type));
}
