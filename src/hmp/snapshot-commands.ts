/**
 * Commands of the human monitor that save the machine, load it and forget it: by QMP's jobs, which they wait for
 * and dismiss.
 */

import type { JsonObject } from "../qjson/value.ts";
import { QmpError } from "../qmp/errors.ts";
import { visibleInLine } from "../util/visible.ts";
import { type BlockInfo, sizeText } from "./block-text.ts";
import type { HmpCommand, HmpContext } from "./command.ts";

/** Where the state goes that belongs to no disk. */
const STORE_NAME = "snapshots";

export const SNAPSHOT_COMMANDS: readonly HmpCommand[] = [
  {
    names: ["savevm"],
    usage: "[tag]",
    help: "save the machine, in place of what has this tag",
    parameters: [{ kind: "string", name: "tag", optional: true }],
    async run(args, context) {
      const tag = String(args.get("tag") ?? `vm-${timeText(context.nowMs())}`);
      await deleteSnapshot(tag, context);
      await runJob("snapshot-save", { tag, vmstate: STORE_NAME, devices: await disks(context) }, context);
      return "";
    },
  },
  {
    names: ["loadvm"],
    usage: "tag",
    help: "put the machine back to where it was saved",
    parameters: [{ kind: "string", name: "tag", optional: false, completes: "snapshot" }],
    async run(args, context) {
      const devices = await disks(context);
      await runJob("snapshot-load", { tag: String(args.get("tag")), vmstate: STORE_NAME, devices }, context);
      return "";
    },
  },
  {
    names: ["delvm"],
    usage: "tag",
    help: "delete a snapshot",
    parameters: [{ kind: "string", name: "tag", optional: false, completes: "snapshot" }],
    async run(args, context) {
      await deleteSnapshot(String(args.get("tag")), context);
      return "";
    },
  },
];

/** The names of the nodes whose contents belong to the machine's state: those that a guest writes to. */
async function disks({ call }: HmpContext): Promise<string[]> {
  const blocks = (await call("query-block")) as unknown as readonly BlockInfo[];
  return blocks.flatMap(({ inserted }) =>
    inserted === undefined || inserted.ro ? [] : [inserted["node-name"] ?? inserted.file],
  );
}

/** As `query-snapshots` answers it. */
export interface SnapshotInfo {
  readonly name: string;
  readonly "vm-state-size": number | bigint;
  readonly "date-sec": number | bigint;
  readonly "vm-clock-sec": number | bigint;
  readonly "vm-clock-nsec": number | bigint;
  /** Nodes that were saved along. */
  readonly devices: readonly string[];
}

async function snapshots({ call }: HmpContext): Promise<readonly SnapshotInfo[]> {
  return (await call("query-snapshots")) as unknown as readonly SnapshotInfo[];
}

/** One that is not there is none less. */
async function deleteSnapshot(tag: string, context: HmpContext): Promise<void> {
  const found = (await snapshots(context)).find(({ name }) => name === tag);
  if (found !== undefined) await runJob("snapshot-delete", { tag, devices: found.devices }, context);
}

export async function snapshotsText(context: HmpContext): Promise<string> {
  const found = await snapshots(context);
  if (found.length === 0) return "There is no snapshot available.\n";
  const lines = found.map((snapshot) => {
    const date = dateText(Number(snapshot["date-sec"]) * 1000);
    const clock = clockText(Number(snapshot["vm-clock-sec"]), Number(snapshot["vm-clock-nsec"]));
    const size = sizeText(Number(snapshot["vm-state-size"]));
    return row("--", ` ${visibleInLine(snapshot.name).padEnd(16)} `, size, date, clock, "");
  });
  const head = row("ID", "TAG", "VM SIZE", "DATE", "VM CLOCK", "ICOUNT");
  return `List of snapshots present on all disks:\n${head}${lines.join("")}`;
}

function row(id: string, tag: string, size: string, date: string, clock: string, count: string): string {
  const start = id.padEnd(tag.startsWith(" ") ? 9 : 10) + tag.padEnd(17);
  return `${start}${size.padStart(8)}${date.padStart(20)}${clock.padStart(13)}${count.padStart(11)}\n`;
}

function dateText(ms: number): string {
  const date = new Date(ms);
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":")}`;
}

/** For a name: only digits. */
function timeText(ms: number): string {
  return dateText(ms).replaceAll(/\D/g, "");
}

function clockText(seconds: number, nanoseconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(twoDigits);
  return `${parts.join(":")}.${String(Math.floor(nanoseconds / 1_000_000)).padStart(3, "0")}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** As `query-jobs` answers it. */
interface JobInfo {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly "current-progress": number | bigint;
  readonly "total-progress": number | bigint;
  readonly error?: string;
}

export async function jobsText({ call }: HmpContext): Promise<string> {
  const jobs = (await call("query-jobs")) as unknown as readonly JobInfo[];
  if (jobs.length === 0) return "No active jobs\n";
  const lines = jobs.map((job) => {
    const progress = `${job["current-progress"]} of ${job["total-progress"]}`;
    const error = job.error === undefined ? "" : `, error: ${visibleInLine(job.error)}`;
    return `${job.id}: type ${job.type}, status ${job.status}, completed ${progress}${error}\n`;
  });
  return lines.join("");
}

/**
 * Begins a job by the QMP command `name`, and settles when it has ended and is gone.  Rejects with its error.  When
 * the command is cancelled meanwhile the job is, too, if it can be: its end is waited for all the same.
 */
async function runJob(name: string, args: JsonObject, context: HmpContext): Promise<void> {
  const { call, callAnyway, signal } = context;
  const id = context.newJobId();
  const concluded = context.jobStatus(id, "concluded");
  const cancel = (): void => {
    // One that cannot be cancelled goes on to its end.
    callAnyway("job-cancel", { id }).catch(() => {});
  };
  try {
    await call(name, { "job-id": id, ...args });
    signal.addEventListener("abort", cancel);
    if (signal.aborted) cancel();
    await concluded.reached;
    const jobs = (await callAnyway("query-jobs")) as unknown as readonly JobInfo[];
    await callAnyway("job-dismiss", { id });
    const error = jobs.find((job) => job.id === id)?.error;
    if (error !== undefined) throw new QmpError(error);
  } finally {
    signal.removeEventListener("abort", cancel);
    concluded.close();
  }
}
