import { describe, expect, it } from "vitest";
import type { AsyncCommand, ResourceClaim } from "../../src/qapi/runtime/command.ts";
import { CommandCall, type Outcome } from "../../src/qmp/call.ts";
import type { CommandContext } from "../../src/qmp/context.ts";
import { COMMAND_CANCELLED, QmpError } from "../../src/qmp/errors.ts";
import { ResourceTable } from "../../src/qmp/resources.ts";
import { AssertionError } from "../../src/util/assert.ts";

type Handle = (context: CommandContext) => unknown;

/** A call of a command with this handler, run at once, and what its owner is told. */
function runCall(
  handle: Handle,
  claims?: readonly ResourceClaim[] | Promise<readonly ResourceClaim[]>,
  resources = new ResourceTable(),
) {
  const outcomes: Outcome[] = [];
  const command: AsyncCommand<CommandContext> = {
    name: "work",
    kind: "async",
    allowOob: false,
    allowPreconfig: false,
    successResponse: true,
    onDisconnect: "cancel",
    call: (_, context) =>
      context.begin(
        claims,
        () => handle(context),
        (result: number) => ({ doubled: result * 2 }),
      ),
  };
  const call = new CommandCall(
    {
      session: { sessionId: 1, has: () => true, negotiate: () => {} },
      monitor: { sessions: () => [], cancel: () => {} },
      resources,
      completed: (_, outcome) => outcomes.push(outcome),
      progressed: () => {},
      unicast: () => {},
      replyRoom: async () => {},
    },
    command,
    {},
    "id",
    0,
  );
  call.run();
  return { call, outcomes };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a command's context", () => {
  it("C1: knows its session, id, command and start, and has a signal that has not fired", () => {
    const { call } = runCall(() => undefined);
    expect(call).toMatchObject({ id: "id", command: "work", acceptedMs: 0, session: { sessionId: 1 } });
    expect(call.signal.aborted).toBe(false);
  });

  it("C1: returns once, now or later; a second return is a defect", () => {
    const { call, outcomes } = runCall(() => undefined);
    expect(outcomes).toEqual([]);
    call.return(21);
    expect(outcomes).toEqual([{ result: { doubled: 42 } }]);
    expect(() => call.return(21)).toThrow(AssertionError);
    expect(() => call.error(new QmpError("late"))).toThrow(AssertionError);
    expect(outcomes).toHaveLength(1);
  });

  it("C2: takes a promise as the handler's return, fulfilled or rejected", async () => {
    const done = runCall(() => Promise.resolve(2));
    const failed = runCall(() => Promise.reject(new QmpError("No")));
    await settle();
    expect(done.outcomes).toEqual([{ result: { doubled: 4 } }]);
    expect(failed.outcomes).toEqual([{ error: new QmpError("No") }]);
  });

  it("C2: takes what a handler throws before its promise as its error", () => {
    const { outcomes } = runCall(() => {
      throw new QmpError("At once");
    });
    expect(outcomes).toEqual([{ error: new QmpError("At once") }]);
  });

  it("R1: gives its claims back, however it ends", async () => {
    const claims: readonly ResourceClaim[] = [{ resource: "console:0", mode: "exclusive" }];
    for (const end of ["return", "error", "cancel and error", "abandon"]) {
      const resources = new ResourceTable();
      const { call } = runCall(() => undefined, claims, resources);
      expect(resources.resourcesInUse).toBe(1);
      if (end === "return") call.return(1);
      else if (end === "abandon") call.abandon();
      else {
        if (end.startsWith("cancel")) call.cancel();
        call.error(new QmpError("No"));
      }
      expect(resources.resourcesInUse, end).toBe(0);
    }
  });

  it("C5: never starts when it is cancelled while it waits, and is answered at once", async () => {
    let started = false;
    const resources = new ResourceTable();
    const other = resources.acquire(
      [{ resource: "run-state", mode: "exclusive" }],
      () => {},
      () => {},
    );
    const { call, outcomes } = runCall(
      () => {
        started = true;
      },
      new Promise<readonly ResourceClaim[]>((resolve) => setImmediate(() => resolve([]))),
      resources,
    );
    call.cancel();
    expect(outcomes).toEqual([{ error: COMMAND_CANCELLED }]);
    await settle();
    await settle();
    expect(started).toBe(false);
    other?.release();
    expect(resources.resourcesInUse).toBe(0);
  });

  it("C5: is answered as cancelled whatever its handler does after the cancel", async () => {
    for (const handle of [
      async (context: CommandContext) => {
        await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
        return 1;
      },
      async (context: CommandContext) => {
        await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
        throw new QmpError("other");
      },
    ]) {
      const { call, outcomes } = runCall(handle);
      call.cancel();
      call.cancel();
      await settle();
      expect(outcomes).toEqual([{ error: COMMAND_CANCELLED }]);
    }
  });

  it("C4: drops the late return of a command that was abandoned", () => {
    const { call, outcomes } = runCall(() => undefined);
    call.cancel();
    call.abandon();
    call.return(1);
    expect(outcomes).toEqual([{ error: COMMAND_CANCELLED }]);
  });
});
