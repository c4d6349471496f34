/**
 * Machines as tests want them: a configuration in few words, and a thread's turns taken by hand.
 */

import type { PixelBytes } from "../../src/machine/frame-number.ts";
import type { Surface } from "../../src/machine/surface.ts";
import type { DisplayConfig, MachineConfig } from "../../src/offload/contract.ts";
import type { SharedSurface } from "../../src/util/shared-surface.ts";

export function displayConfig(changes: Partial<DisplayConfig> = {}): DisplayConfig {
  return { type: "VGA", width: 320, height: 200, content: "moving", heads: 1, id: undefined, ...changes };
}

export function testMachine(...displays: Partial<DisplayConfig>[]): MachineConfig {
  return { type: "test", displays: displays.map(displayConfig) };
}

/** The turns of an event loop: what was deferred runs when the test says so. */
export class ManualTurns {
  #deferred: (() => void)[] = [];

  readonly defer = (callback: () => void): void => {
    this.#deferred.push(callback);
  };

  /** Runs what was deferred before this call, `count` times over.  Answers whether anything is left. */
  run(count: number): boolean {
    for (let turn = 0; turn < count; turn++) {
      const callbacks = this.#deferred;
      this.#deferred = [];
      for (const callback of callbacks) callback();
    }
    return this.#deferred.length > 0;
  }
}

export function surfaceBytes({ width, height, pixels }: Surface): PixelBytes {
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  return { bytes, bytesPerPixel: 4, width, height, stride: width * 4 };
}

export function frameBytes({ memory, offset, width, height, stride }: SharedSurface): PixelBytes {
  return {
    bytes: new Uint8Array(memory.buffer, offset, stride * height),
    bytesPerPixel: 4,
    width,
    height,
    stride,
  };
}
