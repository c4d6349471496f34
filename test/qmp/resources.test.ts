import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ResourceClaim } from "../../src/qapi/runtime/command.ts";
import { ResourceTable, type Ticket } from "../../src/qmp/resources.ts";

const shared = (resource: string): ResourceClaim => ({ resource, mode: "shared" });
const exclusive = (resource: string): ResourceClaim => ({ resource, mode: "exclusive" });

function setup() {
  const table = new ResourceTable();
  const granted: string[] = [];
  const failures: unknown[] = [];
  const claim = (name: string, claims: readonly ResourceClaim[] | Promise<readonly ResourceClaim[]>) =>
    table.acquire(
      claims,
      () => granted.push(name),
      (error) => failures.push(error),
    );
  return { table, granted, failures, claim };
}

describe("ResourceTable", () => {
  it("R1: runs exclusive claims one after the other, in the order of arrival", () => {
    const { table, granted, claim } = setup();
    const first = claim("a", [exclusive("file")]);
    const second = claim("b", [exclusive("file")]);
    claim("c", [exclusive("file")])?.release();
    expect(granted).toEqual(["a"]);
    first?.release();
    expect(granted).toEqual(["a", "b"]);
    second?.release();
    expect(table.resourcesInUse).toBe(0);
  });

  it("R1: runs shared claims side by side, and none past an exclusive one that came before", () => {
    const { granted, claim } = setup();
    const a = claim("a", [shared("console")]);
    const b = claim("b", [shared("console")]);
    const c = claim("c", [exclusive("console")]);
    claim("d", [shared("console")]);
    expect(granted).toEqual(["a", "b"]);
    a?.release();
    b?.release();
    expect(granted).toEqual(["a", "b", "c"]);
    c?.release();
    expect(granted).toEqual(["a", "b", "c", "d"]);
  });

  it("R1: a waiting claim that is given up lets those behind it advance", () => {
    const { granted, claim } = setup();
    claim("a", [shared("console")]);
    const waiting = claim("b", [exclusive("console")]);
    claim("c", [shared("console")]);
    waiting?.release();
    expect(granted).toEqual(["a", "c"]);
  });

  it("R1: claims of different resources do not wait for each other", () => {
    const { granted, claim } = setup();
    claim("a", [shared("console"), exclusive("file:1")]);
    claim("b", [shared("console"), exclusive("file:2")]);
    expect(granted).toEqual(["a", "b"]);
  });

  it("R1: keeps the order of arrival when claims have to be looked up first", async () => {
    const { granted, claim } = setup();
    const slow = deferred<readonly ResourceClaim[]>();
    const first = claim("slow", slow.promise);
    claim("quick", Promise.resolve([exclusive("file")]));
    await Promise.resolve();
    slow.resolve([exclusive("file")]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(granted).toEqual(["slow"]);
    first?.release();
    expect(granted).toEqual(["slow", "quick"]);
  });

  it("R1: a lookup that never ends holds up nobody but its own kind, and those only until it is given up", async () => {
    const { granted, claim } = setup();
    const hung = claim("hung", new Promise<readonly ResourceClaim[]>(() => {}));
    claim("known", [exclusive("run-state")]);
    claim("behind", Promise.resolve([exclusive("file")]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(granted).toEqual(["hung", "known"]);
    hung?.release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(granted).toEqual(["hung", "known", "behind"]);
  });

  it("R1: who is alone starts while its claims are looked up, and still keeps out who comes later", async () => {
    const { table, granted, claim } = setup();
    const lookup = deferred<readonly ResourceClaim[]>();
    const alone = claim("alone", lookup.promise);
    expect(granted).toEqual(["alone"]);
    claim("later", Promise.resolve([exclusive("file")]))?.release();
    const last = claim("last", Promise.resolve([exclusive("file")]));
    lookup.resolve([exclusive("file")]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(granted).toEqual(["alone"]);
    alone?.release();
    expect(granted).toEqual(["alone", "last"]);
    last?.release();
    expect(table.resourcesInUse).toBe(0);
  });

  it("R1: who ends before its lookup does leaves nothing behind", async () => {
    const { table, granted, claim } = setup();
    const lookup = deferred<readonly ResourceClaim[]>();
    claim("quick", lookup.promise)?.release();
    lookup.resolve([exclusive("file")]);
    await new Promise((resolve) => setImmediate(resolve));
    claim("next", Promise.resolve([exclusive("file")]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(granted).toEqual(["quick", "next"]);
    expect(table.resourcesInUse).toBe(1);
  });

  it("R1: who started alone keeps out who comes later until it has ended, when its lookup fails", async () => {
    const { table, granted, failures, claim } = setup();
    const alone = claim("alone", Promise.reject(new Error("no such device")));
    const later = claim("later", Promise.resolve([exclusive("file")]));
    await new Promise((resolve) => setImmediate(resolve));
    expect([granted, failures]).toEqual([["alone"], []]);
    alone?.release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(granted).toEqual(["alone", "later"]);
    later?.release();
    expect(table.resourcesInUse).toBe(0);
  });

  it("reports a lookup that fails to its claimer alone", async () => {
    const { granted, failures, claim } = setup();
    claim("first", [exclusive("run-state")]);
    claim("bad", Promise.reject(new Error("no such directory")));
    claim("good", Promise.resolve([exclusive("file")]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(granted).toEqual(["first", "good"]);
    expect(failures).toHaveLength(1);
  });

  it("R1: never lets two conflicting claims hold, and forgets everything at the end", () => {
    const resource = fc.constantFrom("a", "b", "c");
    const claims = fc.uniqueArray(
      fc.record({ resource, mode: fc.constantFrom("shared" as const, "exclusive" as const) }),
      {
        selector: (claim) => claim.resource,
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(claims, fc.nat(20)), { maxLength: 30 }), (steps) => {
        const table = new ResourceTable();
        const holding = new Map<number, readonly ResourceClaim[]>();
        const tickets: (Ticket | undefined)[] = [];
        const release = (index: number): void => {
          holding.delete(index);
          tickets[index]?.release();
        };
        steps.forEach(([wanted, releaseIndex], index) => {
          tickets[index] = table.acquire(
            wanted,
            () => {
              for (const [, held] of holding) {
                for (const { resource, mode } of held) {
                  const conflict = wanted.find((claim) => claim.resource === resource);
                  if (conflict) expect([mode, conflict.mode]).toEqual(["shared", "shared"]);
                }
              }
              holding.set(index, wanted);
            },
            () => {},
          );
          if (releaseIndex < index) release(releaseIndex);
        });
        // Every claim gets its turn once those before it have gone.
        for (let index = 0; index < steps.length; index++) release(index);
        expect(table.resourcesInUse).toBe(0);
      }),
    );
  });
});

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
