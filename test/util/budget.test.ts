import { expect, it } from "vitest";
import { Budget } from "../../src/util/budget.ts";

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};

it("offers a turn that was given up to those who wait, until one takes it", async () => {
  const budget = new Budget(100, setImmediate);
  const [first, last] = [{}, {}];
  budget.spend(100);
  expect(budget.mayOverdraw(first)).toBe(true);
  const called: number[] = [];
  for (let i = 0; i < 40; i++) {
    const callback = (): void => {
      called.push(i);
      // All but one wait for something else as well, and go on waiting.
      if (i !== 39 || !budget.mayOverdraw(last)) budget.whenRoom(callback);
    };
    budget.whenRoom(callback);
  }
  await settled();
  expect(called).toEqual([]);
  budget.settle(first);
  await settled();
  expect(called.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  // Nobody is called again and again while there is no room.
  expect(called.length).toBeLessThan(50);
  expect(budget.mayOverdraw(first)).toBe(false);
});
