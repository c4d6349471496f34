/*
 * The load: a process of its own, so that what it costs is not mistaken for the server's.
 *
 *     generator MEASURE CLIENTS IN-FLIGHT WARM-UP-MS DURATION-MS IS-REFUSED SERVER-PID SOCKET... < REQUESTS
 *
 * GeneratorTask in load.ts says what these are.  On standard output it says `warm` when the load is on and warm, and
 * then the report: GeneratorReport, as JSON.  Whatever goes wrong is told on standard error, and the status is 1.
 *
 * One thread, one epoll: read what is there, look at each whole line, send as many requests as were answered.  The
 * requests' bytes are made once.  What a line is, its third byte tells.
 */

#define _GNU_SOURCE /* reallocarray */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "generator-task.h"

enum {
  EVENTS = 256,
  READ_BYTES = 65536,
  CONNECTING_MAX = 64, /* connections that are made at a time */
  RETRY_MS = 1,        /* a listener whose backlog is full is asked again after this long */
  SILENCE_S_MAX = 60,  /* a server that owes something, and says nothing for so long, is given up */
  HEAD_BYTES = 300,    /* of a line: as much as an error message shows */
};

/* The third byte of `{"return": ...}`, and of the other lines that a server sends. */
enum { RETURN = 'r', ERROR = 'e', EVENT = 't', GREETING = 'Q' };

static const uint64_t NS_PER_MS = 1000000, NS_PER_S = 1000000000;

/* A connection waits for the greeting; then for the replies to its opening, one by one; then it is open. */
enum state { CONNECTED, OPENING, OPEN };

struct peer {
  int fd;
  enum state state;
  bool waits_for_room; /* the socket takes no more: the rest is sent when it does */
  size_t number;
  const struct script *opening, *script; /* the latter is what is sent now */
  size_t sent, answered;                 /* requests of the script, since it was begun */
  size_t offset, unsent;                 /* the script's next byte, and how many are due */
  uint64_t *sent_ns;                     /* when request I was sent, at I modulo in-flight */
  uint64_t connecting_ns;                /* when the connection was first tried */
  size_t events;
  struct peer *next_to_retry;
  size_t head_size; /* of a line whose end has not come */
  char head[HEAD_BYTES];
};

static int epoll;
static struct peer *peers;
static size_t begun, unopened; /* connections that were begun; those that are not open yet */
static struct peer *to_retry;  /* found the backlog full */
static uint64_t retry_ns;
static uint64_t received_ns; /* when something was last read */
static size_t missing;       /* in a round of `last-event`: the events at all peers, and the sender's return */
static size_t replies;       /* what the measure counts, since the start */
static bool is_stopping;
static size_t busy; /* peers, or rounds, that are not done after the stop */
static struct {
  uint64_t *ns;
  size_t count, room;
} samples;

static uint64_t clock_ns(clockid_t clock) {
  struct timespec time;
  check(clock_gettime(clock, &time), "clock_gettime");
  return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static void record(uint64_t ns) {
  replies++;
  if (is_stopping) return; /* the measured time is over */
  if (samples.count == samples.room) {
    samples.room = samples.room * 2 + 65536;
    samples.ns = resize(samples.ns, samples.room, sizeof *samples.ns);
  }
  samples.ns[samples.count++] = ns;
}

static void watch(struct peer *peer, int operation) {
  struct epoll_event event = {.events = peer->waits_for_room ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = peer};
  check(epoll_ctl(epoll, operation, peer->fd, &event), "epoll_ctl");
}

/* Writes what is due, as far as the socket takes it: in one write, unless the end of the script is in between. */
static void flush(struct peer *peer) {
  while (peer->unsent > 0) {
    const size_t end = peer->script->ends[peer->script->count], rest = end - peer->offset;
    const size_t size = peer->unsent < rest ? peer->unsent : rest;
    ssize_t sent = send(peer->fd, peer->script->text + peer->offset, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) fail("the server closed a connection");
    check(sent, "send");
    peer->offset = (peer->offset + (size_t)sent) % end;
    peer->unsent -= (size_t)sent;
  }
  if (peer->waits_for_room == (peer->unsent > 0)) return;
  peer->waits_for_room = peer->unsent > 0;
  watch(peer, EPOLL_CTL_MOD);
}

static void send_requests(struct peer *peer, size_t count) {
  const uint64_t now = now_ns();
  const struct script *script = peer->script;
  for (; count > 0; count--, peer->sent++) {
    const size_t index = peer->sent % script->count;
    peer->unsent += script->ends[index + 1] - script->ends[index];
    peer->sent_ns[peer->sent % task.in_flight] = now;
  }
  if (!peer->waits_for_room) flush(peer);
}

static void begin_script(struct peer *peer, const struct script *script) {
  peer->script = script;
  peer->sent = peer->answered = peer->offset = 0;
}

static void try_connect(struct peer *peer) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *path = task.sockets[peer->number % task.socket_count];
  if (strlen(path) >= sizeof address.sun_path) fail("the path of a socket is too long: %s", path);
  strcpy(address.sun_path, path);
  peer->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  check(peer->fd, "cannot make a socket (see ulimit -n)");
  if (connect(peer->fd, (struct sockaddr *)&address, sizeof address) == 0) return watch(peer, EPOLL_CTL_ADD);
  if (errno != EAGAIN) fail("cannot connect to %s: %s", path, strerror(errno));
  close(peer->fd);
  if (to_retry == NULL) retry_ns = now_ns() + RETRY_MS * NS_PER_MS;
  peer->next_to_retry = to_retry;
  to_retry = peer;
}

static void retry(void) {
  struct peer *peer = to_retry;
  to_retry = NULL;
  for (struct peer *next; peer != NULL; peer = next) {
    next = peer->next_to_retry;
    try_connect(peer);
  }
}

static void begin_connection(struct peer *peer) {
  peer->state = CONNECTED;
  peer->unsent = 0;
  peer->waits_for_room = false;
  begin_script(peer, peer->opening);
  peer->connecting_ns = now_ns();
  try_connect(peer);
}

/* Sends the next request of the opening.  After the last, in a cycle, the client leaves and comes again. */
static void open_on(struct peer *peer) {
  if (peer->answered < peer->script->count) return send_requests(peer, 1);
  if (task.measure == CYCLE) {
    record(received_ns - peer->connecting_ns);
    close(peer->fd);
    peer->state = CONNECTED;
    if (is_stopping) busy--;
    else begin_connection(peer);
    return;
  }
  peer->state = OPEN;
  unopened--;
  if (begun < task.clients) begin_connection(&peers[begun++]);
}

/* A round of `last-event` is one request of the first client, and all that comes of it. */
static void begin_round(void) {
  missing = task.clients + 1;
  send_requests(&peers[0], 1);
}

static void come_in_round(void) {
  if (--missing > 0) return;
  record(received_ns - peers[0].sent_ns[0]);
  /* The requests are gone through to their end, so that the next load finds the machine as this one did. */
  if (is_stopping && replies % task.request_count == 0) busy--;
  else begin_round();
}

static void take_line(struct peer *peer, const char *line, size_t size) {
  const char kind = size > 2 ? line[2] : '\0';
  if (kind == EVENT && peer->state != CONNECTED) {
    if (task.measure != LAST_EVENT || peer->state != OPEN) return;
    if (peer->events++ != replies) fail("the server sends an event too many: %.*s", (int)size, line);
    return come_in_round();
  }
  const bool is_negotiation = peer->state == OPENING && peer->answered == 0;
  const char reply = task.is_refused && !is_negotiation ? ERROR : RETURN;
  const bool is_right = peer->state == CONNECTED ? kind == GREETING : kind == reply && peer->answered < peer->sent;
  if (!is_right) fail("the server answers %.*s", (int)size, line);
  if (peer->state == OPEN) {
    if (task.measure == REPLY) record(received_ns - peer->sent_ns[peer->answered % task.in_flight]);
    peer->answered++;
    if (task.measure == LAST_EVENT) come_in_round();
    return;
  }
  if (peer->state == OPENING) peer->answered++;
  peer->state = OPENING;
  open_on(peer);
}

/* Of a line that comes in pieces the beginning is kept, as much as is looked at. */
static void keep(struct peer *peer, const char *bytes, size_t size) {
  const size_t room = HEAD_BYTES - peer->head_size;
  const size_t kept = size < room ? size : room;
  memcpy(peer->head + peer->head_size, bytes, kept);
  peer->head_size += kept;
}

static void receive(struct peer *peer) {
  static char bytes[READ_BYTES];
  const ssize_t size = read(peer->fd, bytes, sizeof bytes);
  if (size < 0 && errno == EAGAIN) return;
  if (size == 0 || (size < 0 && errno == ECONNRESET)) fail("the server closed a connection");
  check(size, "read");
  received_ns = now_ns();
  const bool was_open = peer->state == OPEN;
  const size_t answered = peer->answered;
  const char *line = bytes, *const stop = bytes + size;
  for (const char *end; (end = memchr(line, '\n', (size_t)(stop - line))) != NULL; line = end + 1) {
    const size_t length = (size_t)(end - line);
    if (peer->head_size == 0) take_line(peer, line, length < HEAD_BYTES ? length : HEAD_BYTES);
    else {
      keep(peer, line, length);
      take_line(peer, peer->head, peer->head_size);
      peer->head_size = 0;
    }
    if (peer->state == CONNECTED) return; /* it has left, and what else was read with it */
  }
  keep(peer, line, (size_t)(stop - line));
  if (task.measure != REPLY || !was_open || peer->answered == answered) return;
  if (!is_stopping) send_requests(peer, peer->answered - answered);
  else if (peer->answered == peer->sent) busy--;
}

/* Looks at what there is, and waits for something until a time. */
static void turn(uint64_t until_ns) {
  struct epoll_event events[EVENTS];
  const uint64_t now = now_ns();
  if (to_retry != NULL && retry_ns < until_ns) until_ns = retry_ns;
  const int timeout_ms = until_ns <= now ? 0 : (int)((until_ns - now + NS_PER_MS - 1) / NS_PER_MS);
  const int count = epoll_wait(epoll, events, EVENTS, timeout_ms);
  if (count < 0 && errno != EINTR) check(count, "epoll_wait");
  for (int index = 0; index < count; index++) {
    if (events[index].events & ~(uint32_t)EPOLLOUT) receive(events[index].data.ptr);
    if (events[index].events & EPOLLOUT) flush(events[index].data.ptr);
  }
  if (to_retry != NULL && now_ns() >= retry_ns) retry();
}

static void wait_until(uint64_t ns) {
  while (now_ns() < ns) turn(ns);
}

/* Until a count of what the server owes is zero. */
static void wait_for(const size_t *count) {
  const uint64_t start = now_ns();
  while (*count > 0) {
    const uint64_t limit = (received_ns > start ? received_ns : start) + SILENCE_S_MAX * NS_PER_S;
    if (now_ns() > limit) fail("the server has said nothing for %d seconds, and owes something", SILENCE_S_MAX);
    turn(limit);
  }
}

/* Where the clocks stand. */
struct marks {
  uint64_t ns, own_ns, server_ns;
  size_t replies;
};

static struct marks take_marks(void) {
  clockid_t server; /* of all threads, those that have ended as well */
  if (clock_getcpuclockid((pid_t)task.server_pid, &server) != 0) fail("there is no process %zu", task.server_pid);
  return (struct marks){now_ns(), clock_ns(CLOCK_PROCESS_CPUTIME_ID), clock_ns(server), replies};
}

static int by_length(const void *a, const void *b) {
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* The least sample that so many thousandths of all do not exceed. */
static double percentile_us(size_t thousandths) {
  if (samples.count == 0) return 0;
  return (double)samples.ns[(samples.count * thousandths + 999) / 1000 - 1] / 1e3;
}

static void report(struct marks from, struct marks to) {
  const double elapsed_ns = (double)(to.ns - from.ns);
  if (samples.count > 0) qsort(samples.ns, samples.count, sizeof *samples.ns, by_length);
  printf("{\"commands\": %zu, \"elapsedMs\": %.3f, ", to.replies - from.replies, elapsed_ns / 1e6);
  printf("\"p50Us\": %.3f, \"p99Us\": %.3f, \"p999Us\": %.3f, ", percentile_us(500), percentile_us(990),
         percentile_us(999));
  printf("\"serverCpuUs\": %.3f, ", (double)(to.server_ns - from.server_ns) / 1e3);
  printf("\"generatorCpuShare\": %.4f}\n", (double)(to.own_ns - from.own_ns) / elapsed_ns);
}

static void open_all(void) {
  const size_t at_once = task.measure == CYCLE || task.clients < CONNECTING_MAX ? task.clients : CONNECTING_MAX;
  peers = resize(NULL, task.clients, sizeof *peers);
  for (size_t index = 0; index < task.clients; index++) {
    const struct script *opening = task.measure == ACCEPT ? &NO_OPENING : &ONLY_NEGOTIATION;
    if (task.measure == CYCLE) opening = write_script(index);
    uint64_t *sent_ns = resize(NULL, task.in_flight, sizeof *sent_ns);
    peers[index] = (struct peer){.number = index, .opening = opening, .sent_ns = sent_ns};
  }
  unopened = task.measure == CYCLE ? 0 : task.clients;
  while (begun < at_once) begin_connection(&peers[begun++]);
  wait_for(&unopened);
}

static void begin_load(void) {
  if (task.measure == REPLY) {
    for (size_t index = 0; index < task.clients; index++) begin_script(&peers[index], write_script(index));
    for (size_t index = 0; index < task.clients; index++) send_requests(&peers[index], task.in_flight);
  } else if (task.measure == LAST_EVENT) {
    begin_script(&peers[0], write_script(0));
    begin_round();
  }
}

int main(int argc, char **argv) {
  read_task(argc, argv);
  setvbuf(stdout, NULL, _IOLBF, 0);
  epoll = epoll_create1(0);
  check(epoll, "epoll_create1");
  struct marks from = take_marks();
  open_all();
  if (task.measure == ACCEPT) {
    struct marks to = take_marks();
    to.replies = task.clients;
    puts("warm");
    report(from, to);
    return 0;
  }
  begin_load();
  wait_until(now_ns() + task.warm_up_ms * NS_PER_MS);
  samples.count = 0;
  from = take_marks();
  puts("warm");
  wait_until(from.ns + task.duration_ms * NS_PER_MS);
  const struct marks to = take_marks();
  /* Nothing is left in flight: the other server's turn comes next, and files must be whole. */
  is_stopping = true;
  busy = task.measure == NOTHING ? 0 : task.measure == LAST_EVENT ? 1 : task.clients;
  wait_for(&busy);
  report(from, to);
}
