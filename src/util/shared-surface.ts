/**
 * Pixels in shared memory, as threads hand them to each other: only this handle travels, never the
 * pixels.  A `WebAssembly.Memory` with `shared: true` reaches another thread as the same memory.
 */
export interface SharedSurface {
  readonly memory: WebAssembly.Memory;
  /** Where the first pixel is, in bytes from the start of `memory`; a multiple of 16. */
  readonly offset: number;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** From one line to the next, in bytes.  A pixel is 32 bits, x8r8g8b8 little endian: bytes B, G, R, unused. */
  readonly stride: number;
}
