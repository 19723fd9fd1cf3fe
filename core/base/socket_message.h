/* SPDX-License-Identifier: Apache-2.0 */
/* Messages with descriptors between polecat and the small processes that it forks, over a stream
 * socket. Any thread. */
#ifndef POLECAT_CORE_BASE_SOCKET_MESSAGE_H
#define POLECAT_CORE_BASE_SOCKET_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

/* The most descriptors of a message. */
#define SOCKET_MESSAGE_FDS_MAX 3

/* Sends `length` bytes (at least 1) with `count` descriptors. Returns 0 or -errno. */
int socket_message_send(int fd, const void *bytes, size_t length, const int *fds, size_t count);

/*
 * Receives exactly `length` bytes (0: none). Stores up to `count` descriptors, which have
 * FD_CLOEXEC and belong to the caller, and closes further ones. Returns the number of descriptors,
 * -EPIPE if the other end is closed, or another -errno; then *fds has none.
 */
int socket_message_receive(int fd, void *bytes, size_t length, int *fds, size_t count);

/*
 * Forks a process that runs serve(fd) with its end of a socket, and then exits. Returns the other
 * end, which has FD_CLOEXEC, with the process in *pid, or -errno. The process should call
 * socket_message_isolate first.
 */
int socket_message_start(void (*serve)(int fd), pid_t *pid);

/* Closes the socket of such a process, and waits until the process has ended. */
void socket_message_stop(int fd, pid_t pid);

/*
 * Prepares a process that was forked to serve a socket: names it, blocks all signals, ends it when
 * its parent ends, opens /dev/null as the standard streams, and closes all descriptors but the
 * socket. Returns the socket's new descriptor or -errno.
 */
int socket_message_isolate(const char *name, int fd);

#endif
