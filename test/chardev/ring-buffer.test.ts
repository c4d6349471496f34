import fc from "fast-check";
import { expect, it } from "vitest";
import { RingBuffer } from "../../src/chardev/ring-buffer.ts";

it("keeps the last bytes in their order, whatever is written and read", () => {
  const steps = fc.array(fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.nat(12)));
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 8 }), (all, size) => {
      const ring = new RingBuffer(size);
      let expected: number[] = [];
      for (const step of all) {
        if (typeof step === "number") {
          expect([...ring.read(step)]).toEqual(expected.splice(0, step));
        } else {
          ring.write(step);
          expected = [...expected, ...step].slice(-size);
        }
        expect(ring.length).toBe(expected.length);
      }
    }),
  );
});
