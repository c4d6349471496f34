import { expect, it } from "vitest";
import { type JobControl, JobTable } from "../../src/commands/job-table.ts";
import type { JsonObject } from "../../src/qjson/value.ts";
import { QmpError } from "../../src/qmp/errors.ts";

/** A table, what it told, and jobs whose work a test has in hand. */
function table() {
  const told: string[] = [];
  const defects: unknown[] = [];
  const jobs = new JobTable(
    (event, { id, status }: JsonObject) => void told.push(`${event} ${String(id)} ${String(status)}`),
    (error) => void defects.push(error),
  );
  const start = (id: string) => {
    let finish = (): void => {};
    let fail: (error: unknown) => void = () => {};
    let control: JobControl | undefined;
    const concluded = jobs.start(id, "snapshot-save", (given) => {
      control = given;
      return new Promise<void>((resolve, reject) => {
        finish = resolve;
        fail = reject;
      });
    });
    if (control === undefined) throw new Error("the work did not begin at once");
    return { control, concluded, finish, fail };
  };
  const statuses = (): string[] => told.map((line) => line.split(" ")[2] ?? "");
  return { jobs, told, statuses, defects, start };
}

it("a job that is done goes through the states of QEMU's, in their order", async () => {
  const { jobs, told, statuses, start } = table();
  const job = start("one");
  expect(told).toEqual(["JOB_STATUS_CHANGE one created", "JOB_STATUS_CHANGE one running"]);
  job.control.progress(3, 10);
  expect(jobs.info()).toEqual([
    { id: "one", type: "snapshot-save", status: "running", "current-progress": 3, "total-progress": 10 },
  ]);
  job.finish();
  expect(await job.concluded).toBeUndefined();
  expect(statuses()).toEqual(["created", "running", "waiting", "pending", "concluded"]);
  expect(jobs.info()).toMatchObject([{ status: "concluded", "current-progress": 10, "total-progress": 10 }]);
  jobs.dismiss("one");
  expect(statuses().at(-1)).toBe("null");
  expect(jobs.info()).toEqual([]);
});

it("a job that fails is aborted, and keeps why", async () => {
  const { jobs, statuses, start, defects } = table();
  const job = start("one");
  job.fail(new QmpError("No space left"));
  expect(await job.concluded).toBe("No space left");
  expect(statuses()).toEqual(["created", "running", "aborting", "concluded"]);
  expect(jobs.info()).toMatchObject([{ status: "concluded", error: "No space left", "current-progress": 0 }]);
  expect(defects).toEqual([]);
});

it("a defect is reported, and told in one sentence", async () => {
  const { jobs, start, defects } = table();
  const job = start("one");
  const defect = new TypeError("x is not a function");
  job.fail(defect);
  await job.concluded;
  expect(defects).toEqual([defect]);
  expect(jobs.info()).toMatchObject([{ error: "Internal error; the server's log says more" }]);
});

it("a job that is cancelled concludes when it has let go, with the C library's sentence", async () => {
  const { jobs, statuses, start } = table();
  const job = start("one");
  jobs.cancel("one");
  jobs.cancel("one");
  expect(job.control.signal.aborted).toBe(true);
  expect(statuses()).toEqual(["created", "running"]);
  job.fail(job.control.signal.reason);
  expect(await job.concluded).toBe("Operation canceled");
  expect(statuses()).toEqual(["created", "running", "aborting", "concluded"]);
});

it("a job pauses at its next pause point, until it is resumed", async () => {
  const { jobs, statuses, start } = table();
  const { control } = start("one");
  jobs.pause("one");
  expect(() => jobs.pause("one")).toThrow("Job is already paused");
  expect(statuses().at(-1)).toBe("running");
  let isThrough = false;
  const point = control.pausePoint().then(() => {
    isThrough = true;
  });
  expect(statuses().at(-1)).toBe("paused");
  await Promise.resolve();
  expect(isThrough).toBe(false);
  jobs.resume("one");
  await point;
  expect(statuses()).toEqual(["created", "running", "paused", "running"]);
  await control.pausePoint();
});

it("cancelling a paused job lets it go on to its end", async () => {
  const { jobs, statuses, start } = table();
  const job = start("one");
  jobs.pause("one");
  const point = job.control.pausePoint();
  jobs.cancel("one");
  await expect(point).rejects.toThrow("Operation canceled");
  job.fail(job.control.signal.reason);
  await job.concluded;
  expect(statuses()).toEqual(["created", "running", "paused", "running", "aborting", "concluded"]);
});

it("refuses ids and verbs in QEMU's words", async () => {
  const { jobs, start } = table();
  for (const id of ["", "1", "a b", "-"]) expect(() => start(id)).toThrow(`Invalid job ID '${id}'`);
  const job = start("one");
  expect(() => start("one")).toThrow("Job ID 'one' already in use");
  const refused = (verb: string, status: string) =>
    `Job 'one' in state '${status}' cannot accept command verb '${verb}'`;
  for (const verb of ["complete", "finalize", "dismiss"] as const)
    expect(() => jobs[verb]("one")).toThrow(refused(verb, "running"));
  expect(() => jobs.resume("one")).toThrow("Can't resume a job that was not paused");
  job.finish();
  await job.concluded;
  for (const verb of ["cancel", "pause", "complete", "finalize"] as const)
    expect(() => jobs[verb]("one")).toThrow(refused(verb, "concluded"));
  expect(() => jobs.resume("one")).toThrow("Can't resume a job that was not paused");
  for (const verb of ["cancel", "pause", "resume", "complete", "finalize", "dismiss"] as const)
    expect(() => jobs[verb]("none")).toThrow("Job not found");
});

it("lists the newest first, and has room for 256", () => {
  const { jobs, start } = table();
  for (let count = 1; count <= 256; count++) start(`job${count}`);
  expect(jobs.info().map(({ id }) => id)).toEqual(Array.from({ length: 256 }, (_, at) => `job${256 - at}`));
  expect(() => start("more")).toThrow("Too many jobs");
});

it("closing it cancels what still works, and waits for it", async () => {
  const { jobs, start } = table();
  const [one, other] = [start("one"), start("other")];
  other.finish();
  let isClosed = false;
  const closed = jobs.close().then(() => {
    isClosed = true;
  });
  expect(one.control.signal.aborted).toBe(true);
  await other.concluded;
  expect(isClosed).toBe(false);
  one.fail(one.control.signal.reason);
  await closed;
});

it("a job whose id every session would have to be told, however long it is, is refused", () => {
  const { jobs, told, start } = table();
  start("j".repeat(255));
  const toldBefore = told.length;
  expect(() => start("j".repeat(256))).toThrow(/^Invalid job ID 'j+'$/);
  expect([jobs.info().length, told.length]).toEqual([1, toldBefore]);
});

it("a job keeps the beginning alone of a long reason why it failed, as a reply does", async () => {
  const { jobs, start } = table();
  const job = start("one");
  job.fail(new QmpError(`No block device node '${"x".repeat(100_000)}'`));
  expect(await job.concluded).toMatch(/^No block device node 'x{8000,8200}\.\.\.$/);
  expect(jobs.info()[0]?.error).toBe(await job.concluded);
});
