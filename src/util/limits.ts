/**
 * Every limit of every queue and buffer, in one place: its unit is the last word of its name; its
 * comment says where the figure comes from and what a client sees when it is reached.
 */

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

// ---- Wire (qjson) ----

/** Bytes of tokens in one message.  Source: QEMU, `MAX_TOKEN_SIZE`.  Seen: GenericError "JSON token size limit exceeded". */
export const JSON_TOKEN_SIZE_BYTES_MAX = 64 * MIB;
/** Tokens in one message.  Source: QEMU, `MAX_TOKEN_COUNT`.  Seen: GenericError "JSON token count limit exceeded". */
export const JSON_TOKEN_COUNT_MAX = 2 * 1024 * 1024;
/** Open brackets and braces at a time.  Source: QEMU, `MAX_NESTING`.  Seen: GenericError "JSON nesting depth limit exceeded". */
export const JSON_NESTING_DEPTH_MAX = 1024;
/** A plain message up to this size goes to `JSON.parse` (0.2 ms); a larger one is parsed in slices. */
export const JSON_PLAIN_MESSAGE_BYTES_MAX = 16 * KIB;
/** What the exact parser consumes in one go before it lets other sessions run. */
export const JSON_SLICE_BYTES = 4 * KIB;

// ---- Session (monitor) ----

/** In-band requests that wait in a session, the running one apart.  Source: qmp-spec, eight.  Seen: reading stops. */
export const REQUEST_QUEUE_LEN_MAX = 8;
/** Async commands of one session in flight, by default.  Seen: the next one waits (rule L6). */
export const ASYNC_IN_FLIGHT_MAX = 64;
/** Requests a session may start in one turn of the event loop before the next session gets its turn. */
export const REQUESTS_PER_TURN_MAX = 32;
/** Bytes a suspended session reads ahead, to notice that its peer has gone (rule C4).  Seen: the socket is not read. */
export const READ_AHEAD_BYTES_MAX = 64 * KIB;
/** Unparsed and half-parsed input of all sessions together (rule W5).  Seen: sockets are not read until there is room. */
export const INPUT_BUDGET_BYTES = 256 * MIB;

// ---- Output (monitor) ----

/** Replies that may wait for a peer before its session starts no further command (rule E3). */
export const REPLIES_WAITING_BYTES_MAX = 8 * MIB;
/** With more than this waiting, a peer that takes no byte for {@link STALLED_PEER_MS} is closed (rule E3). */
export const STALLED_OUTPUT_BYTES = 8 * MIB;
/** See {@link STALLED_OUTPUT_BYTES}. */
export const STALLED_PEER_MS = 10_000;
/** Events that may wait for a peer before it is closed (rule E3). */
export const EVENTS_WAITING_BYTES_MAX = 64 * MIB;
/** Output of all sessions together (rule E3).  Seen: no session starts a further command until there is room. */
export const OUTPUT_BUDGET_BYTES = 1 * GIB;
/** Output is given to a transport in pieces of at most this size. */
export const OUTPUT_SLICE_BYTES = 256 * KIB;
/** Sessions that get a broadcast event in one turn of the event loop. */
export const BROADCAST_SLICE_SESSIONS = 64;
/** COMMAND_PROGRESS events of one command: at most one in this time (rule C6). */
export const PROGRESS_PERIOD_MS = 1_000;
/** Rate limited events: at most one in this time (rule E2).  Source: QEMU's monitor. */
export const EVENT_THROTTLE_PERIOD_MS = 1_000;

// ---- Service (server) ----

/** What commands in flight get to end by themselves when the service is told to stop. */
export const SHUTDOWN_GRACE_MS = 1_000;
