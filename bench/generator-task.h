/*
 * What the generator is asked for, as main has its arguments, and the bytes that it sends: see generator.c, whose only
 * part this is.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum measure { REPLY, LAST_EVENT, NOTHING, CYCLE, ACCEPT, MEASURES };
static const char *const MEASURE_NAMES[MEASURES] = {"reply", "last-event", "nothing", "cycle", "accept"};

static struct {
  enum measure measure;
  size_t clients, in_flight, warm_up_ms, duration_ms, is_refused, server_pid;
  char **sockets, **requests; /* each request with its line end */
  size_t socket_count, request_count;
} task;

/* Requests that go round.  Request I stands in the text from ends[I] to ends[I + 1]. */
struct script {
  const char *text;
  const size_t *ends;
  size_t count;
};

static char NEGOTIATION[] = "{\"execute\": \"qmp_capabilities\"}\n";
static const struct script NO_OPENING = {.count = 0};
static const struct script ONLY_NEGOTIATION = {NEGOTIATION, (const size_t[]){0, sizeof NEGOTIATION - 1}, 1};

__attribute__((format(printf, 1, 2))) static _Noreturn void fail(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(1);
}

static void check(ssize_t result, const char *what) {
  if (result < 0) fail("%s: %s", what, strerror(errno));
}

static void *resize(void *memory, size_t count, size_t size) {
  void *resized = reallocarray(memory, count, size);
  if (resized == NULL) fail("out of memory");
  return resized;
}

/* A request, with the client's number in place of each `{client}`. */
static void print_request(FILE *out, const char *request, size_t number) {
  static const char mark[] = "{client}";
  for (const char *at; (at = strstr(request, mark)) != NULL; request = at + sizeof mark - 1) {
    fwrite(request, 1, (size_t)(at - request), out);
    fprintf(out, "%zu", number);
  }
  fputs(request, out);
}

/* The task's requests for a client, repeated until the script holds all that can be in flight. */
static const struct script *write_script(size_t number) {
  const size_t count = (task.in_flight + task.request_count - 1) / task.request_count * task.request_count;
  struct script *script = resize(NULL, 1, sizeof *script);
  size_t *ends = resize(NULL, count + 1, sizeof *ends), size;
  char *text;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) fail("out of memory");
  ends[0] = 0;
  for (size_t index = 0; index < count; index++) {
    print_request(out, task.requests[index % task.request_count], number);
    if (fflush(out) != 0) fail("out of memory"); /* the size is known after it */
    ends[index + 1] = size;
  }
  fclose(out);
  *script = (struct script){text, ends, count};
  return script;
}

static void read_task(int argc, char **argv) {
  size_t *const numbers[] = {&task.clients,     &task.in_flight,  &task.warm_up_ms,
                             &task.duration_ms, &task.is_refused, &task.server_pid};
  if (argc < 9) fail("the arguments of the task are missing");
  while (task.measure < MEASURES && strcmp(MEASURE_NAMES[task.measure], argv[1]) != 0) task.measure++;
  for (int index = 0; index < 6; index++) {
    char *end;
    *numbers[index] = strtoul(argv[2 + index], &end, 10);
    if (end == argv[2 + index] || *end != '\0') fail("the task has %s in place of a number", argv[2 + index]);
  }
  task.sockets = argv + 8;
  task.socket_count = (size_t)argc - 8;
  if (task.measure != REPLY) task.in_flight = 1;
  char *line = task.measure == CYCLE ? NEGOTIATION : NULL;
  for (size_t room = 0; line != NULL || getline(&line, &room, stdin) > 0; line = NULL, room = 0) {
    task.requests = resize(task.requests, task.request_count + 1, sizeof *task.requests);
    task.requests[task.request_count++] = line;
  }
  const bool needs_request = task.measure == REPLY || task.measure == LAST_EVENT;
  if (task.measure == MEASURES || task.clients == 0 || task.in_flight == 0 || (needs_request && !task.request_count))
    fail("the task has an unknown measure, or no client, or nothing to send");
}
