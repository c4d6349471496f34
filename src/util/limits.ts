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
/** Bytes of a message's tokens that become values before it is known that anybody looks at them; the rest is checked. */
export const JSON_BUILT_BYTES_MAX = 64 * KIB;
/** Members from which on an object is walked no further to find one that is unknown: listing all names takes long. */
export const JSON_LARGE_OBJECT_MEMBERS = 1024;
/** What the exact parser consumes in one go before it lets other sessions run. */
export const JSON_SLICE_BYTES = 2 * KIB;
/** Tokens the exact parser takes in one go, as {@link JSON_SLICE_BYTES}: short ones cost more than their bytes. */
export const JSON_SLICE_TOKENS = 512;
/** Pieces of input looked at in one go, as {@link JSON_SLICE_BYTES}: a client may send single bytes. */
export const JSON_SLICE_PIECES = 256;
/** Bytes of one number (rule W5): its conversion cannot be sliced.  Seen: GenericError "JSON token size limit exceeded". */
export const JSON_NUMBER_BYTES_MAX = 4 * KIB;
/** Bytes of a stray token that its error quotes (rule W5): the reply stays small.  Seen: the quotation ends there. */
export const JSON_QUOTED_TOKEN_BYTES_MAX = 4 * KIB;
/** Bytes of a parser's message about one token.  Source: QEMU, the buffer of its `parse_error`.  Seen: it ends there. */
export const JSON_PARSE_MESSAGE_BYTES_MAX = 1023;

// ---- Session (monitor) ----

/** In-band requests that wait in a session, the running one apart.  Source: qmp-spec, eight.  Seen: reading stops. */
export const REQUEST_QUEUE_LEN_MAX = 8;
/** Async commands of one session in flight, by default.  Seen: the next one waits (rule L6). */
export const ASYNC_IN_FLIGHT_MAX = 64;
/** Requests a session may start in one turn of the event loop before the next session gets its turn. */
export const REQUESTS_PER_TURN_MAX = 64;
/** Bytes read, or answered, that count as one request more of a turn: half a KiB takes about as long. */
export const TURN_UNIT_BYTES = 512;
/** Bytes of an `id`.  QEMU has no limit; here one that is echoed must not hold up others.  Seen: GenericError. */
export const ID_BYTES_MAX = 64 * KIB;
/** Characters of an error's sentence, which may quote what was sent.  Seen: it ends there. */
export const ERROR_DESC_LEN_MAX = 8 * KIB;
/** Replies of one session that are made and not sent yet, when they are large.  Seen: the next one waits. */
export const REPLIES_RESERVED_BYTES_MAX = 64 * MIB;
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
export const BROADCAST_SLICE_SESSIONS = 32;
/** COMMAND_PROGRESS events of one command: at most one in this time (rule C6). */
export const PROGRESS_PERIOD_MS = 1_000;
/** Rate limited events: at most one in this time (rule E2).  Source: QEMU's monitor. */
export const EVENT_THROTTLE_PERIOD_MS = 1_000;

// ---- Service (server) ----

/** What commands in flight get to end by themselves when the service is told to stop. */
export const SHUTDOWN_GRACE_MS = 1_000;
/** When a service that was told to stop is killed, whatever holds it up: two seconds after it was told, it is gone. */
export const SHUTDOWN_HARD_MS = 1_800;
/** Log text that may wait for whoever reads standard error.  Seen: in the log, a line with the number of lines lost. */
export const LOG_WAITING_BYTES_MAX = 1 * MIB;
/** What the last lines of the log get to be read, when the service has ended. */
export const LOG_FLUSH_MS = 150;
/** Largest byte limit that an operator may set: more than any machine has.  Seen: a start-up error that names it. */
export const OPERATOR_BYTES_MAX = 1024 * GIB;
/** See {@link OPERATOR_BYTES_MAX}: for limits that count. */
export const OPERATOR_COUNT_MAX = 1_000_000;

// ---- Machine and displays (machine, ui) ----

/** Smallest display.  Source: the modes that test displays offer.  Seen: a start-up error that names the range. */
export const DISPLAY_WIDTH_MIN_PX = 320;
/** See {@link DISPLAY_WIDTH_MIN_PX}. */
export const DISPLAY_HEIGHT_MIN_PX = 200;
/** Largest display: 4K, a surface of 32 MiB.  Seen: a start-up error that names the range. */
export const DISPLAY_WIDTH_MAX_PX = 3840;
/** See {@link DISPLAY_WIDTH_MAX_PX}. */
export const DISPLAY_HEIGHT_MAX_PX = 2160;
/** Heads of all displays of one machine, a console each: at most 512 MiB of surfaces.  Seen: a start-up error. */
export const MACHINE_CONSOLES_MAX = 16;
/** Pieces in which a qxl display renders a refresh, each in its own turn of the machine thread. */
export const QXL_RENDER_PIECES_COUNT = 8;

/** Characters of a path in the QOM tree, more than that of any object has.  Seen: DeviceNotFound. */
export const QOM_PATH_CHARS_MAX = 4096;

// ---- PC (machine) ----

/** The PC's video memory: enough for 1600x1200 in 32 bits. */
export const PC_VGA_MEMORY_BYTES = 8 * MIB;
/** Memory of a PC.  Source: what v86 can be given. */
export const PC_MEMORY_BYTES_MIN = 1 * MIB;
/** See {@link PC_MEMORY_BYTES_MIN}.  Seen: a start-up error that names the range. */
export const PC_MEMORY_BYTES_MAX = 2048 * MIB - 256 * MIB;
/** Firmware of a PC.  Source: what lies below 1 MiB, and QEMU's largest.  Seen: "Could not load ...: File too large". */
export const ROM_BYTES_MAX = 1 * MIB;
/** A kernel or an initrd, which are held in memory for the next reset.  Seen: "Could not load ...: File too large". */
export const KERNEL_BYTES_MAX = 512 * MIB;
/** Triple faults within {@link TRIPLE_FAULT_PERIOD_MS} that reset a PC.  Seen with one more: GUEST_PANICKED. */
export const TRIPLE_FAULTS_COUNT_MAX = 5;
/** See {@link TRIPLE_FAULTS_COUNT_MAX}. */
export const TRIPLE_FAULT_PERIOD_MS = 10_000;
/** Bytes that a guest's serial port has ready for it.  Source: the 16550's FIFO. */
export const SERIAL_INPUT_FIFO_BYTES = 16;
/** Last output of a PC's serial port that a ring buffer keeps.  Source: QEMU's `ringbuf`.  Seen: older bytes are gone. */
export const SERIAL_RING_BYTES = 64 * KIB;
/** Characters of one write to a ring buffer: base64 for as many bytes as fit, and more.  Seen: GenericError that names it. */
export const RING_WRITE_CHARS_MAX = 128 * KIB;
/** Serial output that the main thread has not passed on yet; with more the guest's port tells that it is busy. */
export const SERIAL_OUTPUT_WAITING_BYTES_MAX = 64 * KIB;
/** What a serial port's peers have sent and the guest has not read: with as much, more than a socket's buffer, their end is noticed.  Seen: the peer waits. */
export const SERIAL_INPUT_WAITING_BYTES_MAX = 256 * KIB;
/** See {@link SERIAL_INPUT_WAITING_BYTES_MAX}: pieces that it came in. */
export const SERIAL_INPUT_WAITING_PIECES_MAX = 4096;
/** Clients of a serial port's socket that wait for their turn.  Seen: the connection is closed at once. */
export const SERIAL_PEERS_WAITING_MAX = 4;
/** How long `send-key` holds a key where nobody says.  Source: QEMU's description of the command. */
export const KEY_HOLD_MS = 100;
/** Events, or keys, of one command: checked and handed on in below 0.2 ms.  Seen: GenericError that names it. */
export const INPUT_EVENTS_COUNT_MAX = 512;

/** Guest memory that one command copies, at one moment: more than a PC has.  Seen: GenericError that names the range. */
export const MEMORY_COPY_BYTES_MAX = 2 * GIB;
/** Copies of guest memory that all commands hold together, each until it is written.  Seen: the next one waits. */
export const MEMORY_COPIES_BYTES_MAX = 2 * GIB;
/** Guest memory is moved and written in pieces of this size, so that other work of the pool has its turn in between. */
export const MEMORY_PIECE_BYTES = 16 * MIB;
/** Of guest memory, what is copied in one turn while the guest goes on, before it is copied in one go: below 1 ms. */
export const MEMORY_WARM_UP_BYTES = 1 * MIB;

// ---- Transports (chardev) ----

/** Bytes a transport likes to hold: with more waiting, `write` answers false.  Twice a unix socket's kernel buffer would gain nothing. */
export const CHARDEV_OUTPUT_WATERMARK_BYTES = 128 * KIB;
/** A half-closed unix socket, or a serial port's that is not read, is asked this often whether its peer is still there (rule C4). */
export const HALF_CLOSE_PROBE_PERIOD_MS = 25;
/** Connections that wait to be accepted.  Source: Linux, `net.core.somaxconn`.  Seen: a client's connect waits. */
export const LISTEN_BACKLOG_CONNECTIONS = 4096;
/** Longest path of a unix socket.  Source: Linux, `sockaddr_un`, 108 with the NUL.  Seen: the service does not start. */
export const UNIX_PATH_BYTES_MAX = 107;
/** Longest time a timer can wait.  Source: Node.js, a signed 32-bit number of milliseconds.  Seen: an argument error. */
export const TIMER_MS_MAX = 2_147_483_000;

// ---- Client library (client) ----

/** Connecting, the greeting and the negotiation together get this long, by default.  Seen: CLIENT_TIMEOUT. */
export const CLIENT_CONNECT_MS = 10_000;
/** Commands of one client that the server has not answered.  Seen: the next one fails with CLIENT_BUSY. */
export const CLIENT_CALLS_COUNT_MAX = 65_536;
/** Requests of one client that the transport has not taken.  Seen: the next one fails with CLIENT_BUSY. */
export const CLIENT_REQUESTS_BYTES_MAX = 64 * MIB;
/** What has arrived at a client and is not parsed.  Seen by the server: its output backs up. */
export const CLIENT_READ_AHEAD_BYTES_MAX = 1 * MIB;
/** Messages that a client takes in one turn of the event loop, so that what else its program does has its turn. */
export const CLIENT_MESSAGES_PER_TURN_MAX = 64;
/** Slices ({@link JSON_SLICE_BYTES}) of a large message that a client parses in one turn: half a millisecond. */
export const CLIENT_SLICES_PER_TURN_MAX = 16;
/** What a command that is being cancelled gets to be answered.  Seen: it is given up, CLIENT_ABORTED. */
export const CLIENT_CANCEL_MS = 5_000;
/** What a client that closes gets to send what is waiting; then the connection is cut. */
export const CLIENT_CLOSE_MS = 1_000;
/** Bytes of a message that is none which its error quotes. */
export const CLIENT_QUOTED_CHARS_MAX = 120;

// ---- Pictures (picture, offload) ----

/**
 * Bytes of a PNG's filtered lines that are deflated in one go: 1 to 5 ms, of a small picture up to 9.  The unit of
 * cancelling and of sharing work.
 */
export const PNG_BAND_BYTES = 384 * KIB;
/** Bytes of a PPM that are converted in one go: below 0.2 ms. */
export const PPM_BAND_BYTES = 512 * KIB;
/** Pool threads.  A picture uses eight at most; each takes some 10 MiB.  Seen: a start-up error that names the range. */
export const POOL_THREADS_COUNT_MAX = 64;
/** Pool threads that work on one picture at a time; more would not be faster for want of bands. */
export const ENCODE_TASKS_MAX = 8;
/** Pictures of one frame memory that are encoded or written at a time; further ones go to memory of their own, slower. */
export const FRAME_PICTURES_MAX = 4;
/** Bytes written to a file in one go: below 1 ms to the page cache. */
export const FILE_WRITE_BYTES = 1 * MIB;
/** Bytes given to a FIFO in one go.  Source: Linux, a pipe's buffer. */
export const FIFO_WRITE_BYTES = 64 * KIB;
/** Bytes of a picture that become base64 in one go, a multiple of three: below 2 ms. */
export const BASE64_BAND_BYTES = 384 * KIB;
/** A cancelled task that still runs after this long is ended together with its thread. */
export const POOL_STOP_MS = 1_000;
/** Heap of a pool thread, whose pictures are not on it.  Seen: the command fails, the thread is replaced. */
export const POOL_HEAP_MIB_MAX = 256;
/** What an encoding waits for its file, and a cancelled screendump for taking it back; more is a file system that hangs. */
export const DESTINATION_OPEN_MS = 25;
/** Encodings of a screendump that take longer are not waited for by the console's next one; of 4K they take a tenth. */
export const SCREENDUMP_BATCH_MS = 1_000;
/** How often the progress of a plugin's task is fetched from its thread: nobody is told of it more often. */
export const TASK_PROGRESS_PERIOD_MS = 100;
/** Bytes of a path.  Source: Linux, `PATH_MAX` with the NUL.  Seen: GenericError "File name too long". */
export const PATH_BYTES_MAX = 4095;
/** Symbolic links one after another to a file.  Source: Linux, `MAXSYMLINKS`.  Seen: GenericError "Too many levels of symbolic links". */
export const FILE_LINKS_COUNT_MAX = 40;
/** Size of a configuration file.  Seen: GenericError "File too large". */
export const CONFIG_FILE_BYTES_MAX = 64 * KIB;

// ---- Jobs and snapshots (commands, offload) ----

/** Jobs of one machine that have not been dismissed.  Seen: GenericError "Too many jobs". */
export const JOBS_COUNT_MAX = 256;
/** Characters of a job's id, of which each event of it tells every session.  Seen: GenericError "Invalid job ID '...'". */
export const JOB_ID_CHARS_MAX = 255;
/** Bytes of a snapshot that are read or written, and summed, in one go: a few milliseconds; a look at the cancel between two. */
export const SNAPSHOT_TRANSFER_BYTES = 4 * MIB;
/** Bytes of a tag as a file's name.  Source: Linux, `NAME_MAX`, less what is added to it.  Seen: the job fails with "Snapshot tag is too long". */
export const SNAPSHOT_NAME_BYTES_MAX = 180;
/** Bytes of what a snapshot's file tells about itself; a larger one is damaged. */
export const SNAPSHOT_HEADER_BYTES_MAX = 64 * KIB;
/** A half-written snapshot that nobody has touched for so long was left behind by a process that is gone. */
export const SNAPSHOT_STALE_MS = 3_600_000;

// ---- Block nodes (commands) ----

/** Block nodes of one machine: `query-named-block-nodes` tells of all in one go.  Seen: GenericError "Too many block nodes". */
export const BLOCK_NODES_COUNT_MAX = 1024;
/** Characters of a block node's name.  Source: QEMU, its `node_name` with the NUL is 32.  Seen: GenericError "Node name too long". */
export const BLOCK_NODE_NAME_CHARS_MAX = 31;
/** Characters of the file name that a block node is told by.  Source: QEMU, `PATH_MAX` with the NUL.  Seen: it ends in "...". */
export const BLOCK_FILENAME_CHARS_MAX = 4095;
/** Size of a disk.  Source: QEMU, `BDRV_MAX_LENGTH`.  Seen: GenericError "Could not refresh total sector count: File too large". */
export const BLOCK_LENGTH_BYTES_MAX = 2n ** 63n - 2n ** 30n;
/** Characters of one line of a `blkdebug` configuration.  Source: QEMU.  Seen: the rest is read as the next line. */
export const BLKDEBUG_LINE_CHARS_MAX = 1023;

// ---- Human monitor (hmp) ----

/** Words that `help` looks at.  Source: QEMU, `MAX_ARGS`.  Seen: with more it prints nothing. */
export const HMP_HELP_WORDS_COUNT_MAX = 16;
/** Brackets and signs inside one another in an expression: they use the stack.  Seen: "expression too complex". */
export const HMP_EXPRESSION_DEPTH_MAX = 256;
/**
 * Characters of a line.  Source: QEMU, its line buffer.  Seen: when it is typed, further ones are not taken;
 * in `human-monitor-command`, GenericError "Parameter 'command-line' expects at most 4095 characters".
 */
export const HMP_LINE_CHARS_MAX = 4095;
/** Lines that a human monitor remembers for its client.  Source: QEMU.  Seen: the oldest is forgotten. */
export const HMP_HISTORY_LINES_COUNT_MAX = 64;
/** Names that a list for a word which is completed has.  Seen: with more there is none. */
export const HMP_COMPLETIONS_COUNT_MAX = 256;
/** Characters typed, and those that they print, in one turn of the event loop: some 0.1 ms. */
export const HMP_TURN_CHARS_MAX = 1 * KIB;
/** Bytes that one `x` or `xp` shows.  Seen: "Error: at most 65536 bytes can be shown at a time". */
export const HMP_MEMORY_BYTES_MAX = 64 * KIB;
/** Lines of memory that become text in one turn of the event loop. */
export const HMP_MEMORY_LINES_PER_TURN = 32;
/** Ranges that `info mem` tells of: a guest can make half a million.  Seen: a line says that there are more. */
export const HMP_MEMORY_RANGES_COUNT_MAX = 4096;

// ---- Load generator (loadgen) ----

/** Connecting, the greeting and the negotiation of one client together.  Seen: the run ends with what was waited for. */
export const LOAD_CONNECT_MS = 10_000;
/** Clients of one thread that connect at a time: a listener's backlog is short in some servers. */
export const LOAD_CONNECTING_COUNT_MAX = 64;
/** A server whose backlog is full is asked again after this long. */
export const LOAD_CONNECT_RETRY_MS = 10;
/** The least time without a reply after which none is waited for.  Seen: their commands are reported as lost. */
export const LOAD_REPLY_MS = 10_000;
/** The same, where a command was sent that has had no reply yet. */
export const LOAD_REPLY_UNKNOWN_MS = 60_000;
/** When all is answered: how long a reply that is one too many gets to come. */
export const LOAD_LINGER_MS = 100;
/** Bytes read from a connection in one go. */
export const LOAD_READ_BYTES = 64 * KIB;
/** Arrivals of one thread that wait for a client with room.  Seen: further ones are reported as not sent. */
export const LOAD_ARRIVALS_WAITING_MAX = 1_048_576;
/** Requests of one client in flight.  Seen: an argument error. */
export const LOAD_IN_FLIGHT_MAX = 65_536;
/** Connections of one run; no computer has more ports and memory.  Seen: an argument error. */
export const LOAD_CLIENTS_MAX = 1_000_000;
/** Threads of one run.  Seen: an argument error. */
export const LOAD_THREADS_MAX = 64;
/** Descriptors that a run needs beside those of its connections. */
export const LOAD_SPARE_FILES = 64;
/** What a slow reader reads in one go, and how long it then reads nothing: 40 KB a second. */
export const LOAD_SLOW_READ_BYTES = 4 * KIB;
/** See {@link LOAD_SLOW_READ_BYTES}. */
export const LOAD_SLOW_READ_PERIOD_MS = 100;
/** Requests that a slow reader keeps in flight, so that replies wait for it. */
export const LOAD_SLOW_IN_FLIGHT = 1024;
/** Names of events, or of errors of one command, that are counted apart.  Seen: the others are one row. */
export const LOAD_NAMES_COUNT_MAX = 100;
/** Faults of a thread that are told in words. */
export const LOAD_FAULT_EXAMPLES_MAX = 5;
/** A line up to this size is kept whole when it comes in pieces, and parsed; a longer one is checked while it comes. */
export const LOAD_WHOLE_LINE_BYTES_MAX = 64 * KIB;
/** Brackets inside one another in a line that is longer than that.  Seen: the line is reported as unreadable. */
export const LOAD_JSON_DEPTH_MAX = 1024;
/** Lines of a server that a thread knows, so that it need not parse them again: their number and their size. */
export const LOAD_KNOWN_LINES_COUNT_MAX = 256;
/** See {@link LOAD_KNOWN_LINES_COUNT_MAX}. */
export const LOAD_KNOWN_LINE_BYTES_MAX = 4 * KIB;
