/**
 * The commands that both servers know, with arguments, some of them wrong.
 *
 * Left out: `quit`, and `system_reset` and `system_powerdown` with right arguments, as their events come
 * from QEMU's main loop at some later time, before or after the next reply.  Out-of-band execution is
 * enabled by sessions that are made for it alone: elsewhere input is too wild for QEMU's queue.
 */

export interface CommandSample {
  readonly name: string;
  /** Argument lists that the schema accepts; each a JSON text. */
  readonly accepted: readonly string[];
  /** The reply describes the machine: its shape is compared, not its values. */
  readonly byShape?: true;
  /** It changes what later sessions see, and is undone after the session. */
  readonly leavesTraces?: true;
}

const NONE = ["", "{}"];

export const COMMAND_SAMPLES: readonly CommandSample[] = [
  { name: "query-name", accepted: NONE },
  { name: "query-uuid", accepted: NONE },
  { name: "query-status", accepted: NONE },
  { name: "query-kvm", accepted: NONE, byShape: true },
  { name: "query-target", accepted: NONE },
  { name: "query-version", accepted: NONE, byShape: true },
  { name: "query-commands", accepted: NONE, byShape: true },
  { name: "query-machines", accepted: NONE, byShape: true },
  { name: "query-cpus-fast", accepted: NONE, byShape: true },
  { name: "query-display-options", accepted: NONE, byShape: true },
  { name: "query-cpu-definitions", accepted: NONE, byShape: true },
  { name: "query-mice", accepted: NONE },
  { name: "inject-nmi", accepted: NONE },
  {
    name: "send-key",
    accepted: [
      '{"keys": []}',
      '{"keys": [{"type": "qcode", "data": "a"}, {"type": "number", "data": -1}], "hold-time": 1}',
    ],
  },
  {
    name: "input-send-event",
    accepted: [
      '{"events": []}',
      '{"events": [{"type": "abs", "data": {"axis": "x", "value": -1}}]}',
      '{"events": [{"type": "btn", "data": {"down": true, "button": "wheel-up"}}], "head": 3}',
      '{"events": [{"type": "key", "data": {"down": true, "key": {"type": "number", "data": 30}}}]}',
      '{"events": [], "device": "missing", "head": 1}',
    ],
  },
  { name: "stop", accepted: NONE, leavesTraces: true },
  { name: "cont", accepted: NONE, leavesTraces: true },
  { name: "x-exit-preconfig", accepted: NONE },
  { name: "query-jobs", accepted: NONE },
  ...["job-pause", "job-resume", "job-cancel", "job-complete", "job-finalize", "job-dismiss"].map((name) => ({
    name,
    accepted: ['{"id": "none"}'],
  })),
  { name: "query-block", accepted: NONE },
  ...["eject", "blockdev-open-tray", "blockdev-close-tray"].map((name) => ({
    name,
    accepted: ['{"device": "none"}', '{"id": "none"}', "{}", '{"device": "a", "id": "b"}'],
  })),
  { name: "blockdev-remove-medium", accepted: ['{"id": "none"}'] },
  {
    name: "blockdev-change-medium",
    accepted: ['{"device": "none", "filename": "/tmp/never"}', '{"filename": "/tmp/never", "format": "raw"}'],
  },
  { name: "migrate-pause", accepted: NONE },
  { name: "qom-list", accepted: ['{"path": "/nowhere"}', '{"path": ""}'] },
  {
    name: "qom-get",
    accepted: ['{"path": "/nowhere", "property": "p"}', '{"path": "x", "property": "type"}'],
  },
  {
    name: "qom-set",
    accepted: [
      '{"path": "/nowhere", "property": "p", "value": 1}',
      '{"value": {}, "property": "p", "path": "/a"}',
    ],
  },
  { name: "qom-list-types", accepted: ['{"implements": "machine"}'], byShape: true },
  {
    name: "screendump",
    accepted: ['{"filename": "/tmp/never"}', '{"filename": "/tmp/never", "format": "png"}'],
  },
  {
    name: "screendump",
    accepted: ['{"filename": "/tmp/never", "device": "vga0"}', '{"filename": "/tmp/never", "head": 1}'],
  },
  {
    name: "blockdev-add",
    accepted: [
      '{"driver": "null-co", "node-name": "n0"}',
      '{"driver": "null-co", "node-name": "n1", "size": 4096}',
      '{"driver": "raw", "node-name": "n2", "file": "n0"}',
      '{"driver": "raw", "node-name": "n3", "file": {"driver": "null-co"}}',
      '{"driver": "file", "node-name": "n2", "filename": "/nowhere/at/all"}',
      '{"driver": "raw", "node-name": "n2", "file": "missing"}',
    ],
    leavesTraces: true,
  },
  {
    name: "blockdev-del",
    accepted: ["n0", "n1", "n2", "n3", "missing"].map((name) => `{"node-name": "${name}"}`),
  },
  { name: "query-named-block-nodes", accepted: ["", '{"flat": true}'], byShape: true },
  { name: "balloon", accepted: ['{"value": 1048576}', '{"value": 0}', '{"value": -1}'] },
  { name: "device_del", accepted: ['{"id": "missing"}', '{"id": "/machine/missing"}'] },
  { name: "set_link", accepted: ['{"name": "missing", "up": true}'] },
  {
    name: "human-monitor-command",
    accepted: [
      '{"command-line": "info name"}',
      '{"command-line": "info status"}',
      '{"command-line": "no-such-command"}',
      '{"command-line": "info no-such-thing"}',
      '{"command-line": ""}',
    ],
  },
  { name: "query-memory-size-summary", accepted: NONE },
  { name: "query-dump", accepted: NONE },
  {
    name: "pmemsave",
    accepted: ['{"val": 0, "size": 16, "filename": "/nowhere/at/all"}'],
  },
  {
    name: "memsave",
    accepted: [
      '{"val": 0, "size": 16, "filename": "/nowhere/at/all"}',
      '{"val": -1, "size": 1, "filename": "/nowhere/at/all", "cpu-index": 7}',
    ],
  },
  {
    name: "dump-guest-memory",
    accepted: [
      '{"paging": false, "protocol": "file:/nowhere/at/all"}',
      '{"paging": true, "protocol": "nowhere", "detach": true}',
      '{"paging": false, "protocol": "fd:none"}',
      '{"paging": false, "protocol": "fd:none", "begin": 1}',
      '{"paging": false, "protocol": "fd:none", "length": 1}',
      '{"paging": true, "protocol": "fd:none", "format": "kdump-zlib"}',
      '{"paging": false, "protocol": "fd:none", "format": "kdump-lzo"}',
    ],
  },
  { name: "qmp_capabilities", accepted: ["", "{}", '{"enable": []}'] },
  { name: "no-such-command", accepted: [...NONE, '{"a": 1}'] },
  { name: "", accepted: NONE },
];

/** Arguments that most commands reject, and each in its own way. */
export const ARGUMENTS_REJECTED: readonly string[] = [
  '{"unexpected": 1}',
  "[]",
  '"text"',
  "null",
  "7",
  "true",
  '{"path": 1}',
  '{"path": "/", "property": null}',
  '{"path": ["/"], "property": "type"}',
  '{"filename": 1}',
  '{"filename": "/tmp/never", "format": "gif"}',
  '{"filename": "/tmp/never", "head": "first"}',
  '{"filename": "/tmp/never", "head": 1.5}',
  '{"filename": "/tmp/never", "extra": {}}',
  '{"driver": "no-such-driver"}',
  '{"driver": 1}',
  '{"node-name": {}}',
  '{"node-name": "n9", "extra": 1}',
  '{"value": "much"}',
  '{"value": 1.5}',
  '{"value": 9223372036854775808}',
  '{"id": 1}',
  '{"name": "missing"}',
  '{"name": "missing", "up": 1}',
  '{"up": "yes", "name": "missing"}',
  '{"command-line": 1}',
  '{"enable": "oob"}',
  '{"enable": ["no-such-capability"]}',
  '{"enable": [1]}',
  '{"enable": {"oob": true}}',
  '{"implements": 1}',
  '{"abstract": 1}',
  '{"flat": "yes"}',
  '{"keys": {}}',
  '{"keys": [{"type": "qcode", "data": "no-such-key"}]}',
  '{"keys": [{"type": "number", "data": "a"}]}',
  '{"keys": [{"type": "sign", "data": 1}]}',
  '{"keys": [{"data": 1}]}',
  '{"events": [{"type": "mtt", "data": {}}]}',
  '{"events": [{"type": "rel", "data": {"axis": "z", "value": 1}}]}',
  '{"events": [{"type": "btn", "data": {"button": "left"}}]}',
];

export const COMMANDS_WITH_REJECTED_ARGUMENTS_ONLY: readonly string[] = ["system_reset", "system_powerdown"];

/** Requests that put back what a session with `leavesTraces` has changed. */
export const CLEAN_UP: readonly string[] = [
  ...["n3", "n2", "n1", "n0"].map((n) => `{"execute": "blockdev-del", "arguments": {"node-name": "${n}"}}\n`),
  '{"execute": "cont"}\n',
];
