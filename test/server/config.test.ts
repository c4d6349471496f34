import { describe, expect, it } from "vitest";
import {
  checkServiceConfig,
  defaultLimits,
  LIMITS,
  parseDisplay,
  parseEndpoint,
  parseLimit,
  parseUuid,
} from "../../src/server/config.ts";

describe("parseEndpoint", () => {
  it.each([
    ["stdio", { kind: "stdio" }],
    ["unix:/run/qmp.sock", { kind: "unix", path: "/run/qmp.sock" }],
    ["unix:a:b", { kind: "unix", path: "a:b" }],
    ["tcp:localhost:4444", { kind: "tcp", host: "localhost", port: 4444 }],
    ["tcp:[::1]:0", { kind: "tcp", host: "::1", port: 0 }],
  ])("reads %s", (text, endpoint) => {
    expect(parseEndpoint(text)).toEqual(endpoint);
  });

  it.each(["", "unix:", "tcp:4444", "tcp::1:4444", "tcp:a:65536", "tcp:a:-1", "udp:a:1", "STDIO"])(
    "refuses '%s', and tells the forms",
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(
        `'${text}' is no endpoint: write unix:PATH, tcp:HOST:PORT or stdio`,
      );
    },
  );
});

describe("parseDisplay", () => {
  it("reads every option", () => {
    expect(parseDisplay("qxl:1920x1080,heads=2,id=video0,content=still")).toEqual({
      ...{ type: "qxl", width: 1920, height: 1080, heads: 2, id: "video0", content: "still" },
    });
  });

  it.each(["heads=abc", "heads=", "heads=1=2", "heads=-1", "heads=1e3", "heads=0x2"])(
    "refuses '%s' and quotes it",
    (option) => {
      expect(() => parseDisplay(`VGA:640x480,${option}`)).toThrow(`'${option}': `);
    },
  );

  it.each(["VGA", "VGA:640", "VGA:640x", "VGA:640x480,colour=red", "VGA:640x480,"])("refuses %s", (text) => {
    expect(() => parseDisplay(text)).toThrow("write TYPE:WIDTHxHEIGHT");
  });
});

describe("parseLimit", () => {
  it.each(Object.entries(LIMITS))("sets %s, up to its maximum", (name, { key, max }) => {
    expect(parseLimit(`${name}=${max}`, defaultLimits())).toEqual({ ...defaultLimits(), [key]: max });
    expect(() => parseLimit(`${name}=${max + 1}`, defaultLimits())).toThrow(
      `limit ${name} is at most ${max}`,
    );
  });

  it.each(["8=9", "0", "-1", "1.5", "1e3", "", " 8"])("refuses the value '%s' and quotes it", (value) => {
    expect(() => parseLimit(`async-in-flight=${value}`, defaultLimits())).toThrow(`: '${value}'`);
  });

  it.each(["constructor=1", "=1", "workers=1"])("refuses %s, which is no limit", (text) => {
    expect(() => parseLimit(text, defaultLimits())).toThrow("is no limit: there are async-in-flight, ");
  });
});

it("parseUuid answers lower case, and refuses what is none", () => {
  const uuid = "2F4A6A0E-6D6C-4B0E-9D8F-0F5C8B1A7E11";
  expect(parseUuid(uuid)).toBe(uuid.toLowerCase());
  expect(() => parseUuid(`${uuid}0`)).toThrow("is no UUID");
});

describe("checkServiceConfig", () => {
  const machines = (...rows: string[][]) =>
    rows.map((row) => ({ machine: { type: "none", displays: [] } as const, qmp: row.map(parseEndpoint) }));

  it.each([
    ["stdio in one machine", [["stdio", "stdio"]]],
    ["stdio in two machines", [["stdio"], ["stdio"]]],
    ["one path, written in two ways", [["unix:a"], ["unix:./x/../a"]]],
    ["one TCP address", [["tcp:localhost:4444"], ["tcp:LOCALHOST:4444"]]],
  ])("refuses %s", (_, rows) => {
    expect(() => checkServiceConfig({ machines: machines(...rows) })).toThrow(/^two endpoints are /);
  });

  it("takes different addresses, and any free port twice", () => {
    const rows = [
      ["unix:a", "unix:b", "stdio"],
      ["tcp:127.0.0.1:0", "tcp:127.0.0.1:0", "tcp:a:1", "tcp:b:1"],
    ];
    expect(() => checkServiceConfig({ machines: machines(...rows) })).not.toThrow();
  });

  it.each([0, 65, 1.5, Number.NaN])("refuses %d threads, and takes 1 to 64", (workers) => {
    expect(() => checkServiceConfig({ machines: [], workers })).toThrow("use a number from 1 to 64");
    expect(() => checkServiceConfig({ machines: [], workers: 1 })).not.toThrow();
    expect(() => checkServiceConfig({ machines: [], workers: 64 })).not.toThrow();
  });
});
