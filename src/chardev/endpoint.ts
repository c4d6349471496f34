/**
 * Where a chardev leads, as people write it: `unix:PATH`, `tcp:HOST:PORT`, `stdio`.
 */

export type Endpoint =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "stdio" };

/** `undefined` when `text` is none; the caller knows what would be right in its place. */
export function readEndpoint(text: string): Endpoint | undefined {
  if (text === "stdio") return { kind: "stdio" };
  const unix = /^unix:(.+)$/s.exec(text);
  if (unix?.[1] !== undefined) return { kind: "unix", path: unix[1] };
  const tcp = /^tcp:(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text);
  const host = tcp?.[1] ?? tcp?.[2];
  const port = Number(tcp?.[3]);
  return host !== undefined && port <= 65535 ? { kind: "tcp", host, port } : undefined;
}

/** `tcp:127.0.0.1:4444`, `tcp:[::1]:4444`. */
export function tcpText(host: string, port: number): string {
  return host.includes(":") ? `tcp:[${host}]:${port}` : `tcp:${host}:${port}`;
}
