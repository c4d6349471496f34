/**
 * The part of the WebAssembly JavaScript interface that is used here.  `@types/node` 20 has none, and the
 * DOM's types would bring a browser's globals along.  Source: W3C, "WebAssembly JavaScript Interface".
 */
declare namespace WebAssembly {
  interface MemoryDescriptor {
    /** In pages of 64 KiB. */
    initial: number;
    maximum: number;
    shared: true;
  }
  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: SharedArrayBuffer;
    /** Grows by `delta` pages and answers the size before. */
    grow(delta: number): number;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, Memory>>);
    readonly exports: Record<string, unknown>;
  }
}
