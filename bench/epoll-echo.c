/*
 * The floor in C: greets each client, and answers each line with the same bytes.
 *
 *     epoll-echo SOCKET GREETING REPLY
 *
 * One thread, one epoll: read what is there, count the line ends, write as many replies.  A client that
 * does not read is given up: this is for a benchmark, whose clients do.
 */

#define _GNU_SOURCE /* accept4 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { EVENTS = 256, READ_BYTES = 65536, REPLIES_MAX = 4096 };

static void check(int result, const char *what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
}

static int listen_on(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  check(listener, "socket");
  check(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
  check(listen(listener, 511), "listen");
  return listener;
}

static void watch(int epoll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static int send_all(int fd, const char *bytes, size_t size) { return write(fd, bytes, size) == (ssize_t)size; }

static void accept_all(int epoll, int listener, const char *greeting) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (send_all(fd, greeting, strlen(greeting))) watch(epoll, fd);
    else close(fd);
  }
  if (errno != EAGAIN) check(-1, "accept");
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: epoll-echo SOCKET GREETING REPLY\n");
    return 1;
  }
  const size_t reply_size = strlen(argv[3]);
  char *replies = malloc(reply_size * REPLIES_MAX);
  if (replies == NULL) return 1;
  for (size_t index = 0; index < REPLIES_MAX; index++) memcpy(replies + index * reply_size, argv[3], reply_size);

  int listener = listen_on(argv[1]);
  int epoll = epoll_create1(0);
  check(epoll, "epoll_create1");
  watch(epoll, listener);
  static char bytes[READ_BYTES];
  struct epoll_event events[EVENTS];
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS, -1);
    if (count < 0 && errno == EINTR) continue;
    check(count, "epoll_wait");
    for (int index = 0; index < count; index++) {
      int fd = events[index].data.fd;
      if (fd == listener) {
        accept_all(epoll, listener, argv[2]);
        continue;
      }
      ssize_t size = read(fd, bytes, sizeof bytes);
      if (size < 0 && errno == EAGAIN) continue;
      size_t lines = 0;
      for (ssize_t at = 0; at < size; at++) lines += bytes[at] == '\n';
      if (size <= 0 || lines > REPLIES_MAX || !send_all(fd, replies, lines * reply_size)) close(fd);
    }
  }
}
