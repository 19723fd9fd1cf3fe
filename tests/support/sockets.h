/* SPDX-License-Identifier: Apache-2.0 */
/* Short TCP functions for tests. Addresses are texts: "127.0.0.1", "::1", "::ffff:127.0.0.1". The
 * last two make IPv6 sockets. A failure fails the cmocka test, or ends a forked child. */
#ifndef POLECAT_TESTS_SUPPORT_SOCKETS_H
#define POLECAT_TESTS_SUPPORT_SOCKETS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Writes a socket address and returns its length. */
socklen_t socket_address(const char *text, uint16_t port, struct sockaddr_storage *out);

/* A connection of two sockets in one process. */
struct tcp_pair {
	int client;
	int server;
	uint16_t sport;
	uint16_t dport;
};

/* Returns a socket of the address's family, close-on-exec and blocking. */
int tcp_socket(const char *address);

/* Binds the socket (port 0: the kernel chooses) and returns the port. */
uint16_t tcp_bind(int fd, const char *address, uint16_t port);

/* Returns a listening socket. If *port is 0, sets it to the port that the kernel chose. */
int tcp_listen(const char *address, uint16_t *port);

/* Calls connect(2) on the socket. Returns 0 or -errno. */
int tcp_connect_socket(int fd, const char *address, uint16_t port);

/* Returns a new, connected socket. Connecting must succeed. */
int tcp_connect(const char *address, uint16_t port);

/* Waits for a connection, accepts it and returns its socket. */
int tcp_accept(int listener);

uint16_t tcp_local_port(int fd);

/* Connects to the listener's port and accepts the connection. */
struct tcp_pair tcp_pair(int listener, const char *address);

/* Sends `count` bytes from one socket to the other and reads them there. Both ends are in this
 * process. */
void tcp_transfer(int from, int to, size_t count);

/* Reads until the other side closes. Returns the number of bytes, or -errno. */
int64_t tcp_read_to_end(int fd);

/* Closes with a RST instead of a FIN. */
void tcp_reset(int fd);

#endif
