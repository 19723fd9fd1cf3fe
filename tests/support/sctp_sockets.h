/* SPDX-License-Identifier: Apache-2.0 */
/* Short SCTP functions for tests. Addresses are texts, as in sockets.h. A failure fails the
 * test. */
#ifndef POLECAT_TESTS_SUPPORT_SCTP_SOCKETS_H
#define POLECAT_TESTS_SUPPORT_SCTP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The port of all servers. */
#define SCTP_SOCKETS_PORT 38412

/* The three sockets of an association within this process. */
struct sctp_pair {
	int listener;
	int client;
	int server;
};

/* Returns whether this kernel has SCTP. If not, prints an empty plan of TAP, so that the test
 * passes. The kernel matrix finds kernels that should have SCTP but lack it: it compares the
 * README's table with the kernels. */
bool sctp_sockets_work(void);

/* Returns a socket of the address's family, close-on-exec. `type` may have SOCK_NONBLOCK. */
int sctp_socket(const char *address, int type);

/* Returns a socket that listens at SCTP_SOCKETS_PORT. */
int sctp_listen(const char *address, int type);

/* Makes the socket listen at SCTP_SOCKETS_PORT. */
void sctp_listen_on(int fd, const char *address);

/* Connects to the port. Returns 0 or -errno. */
int sctp_connect(int fd, const char *address, uint16_t port);

/* Connects one-to-one sockets. */
struct sctp_pair sctp_pair(const char *address);

/* Connects the client of `pair` to its listener, and accepts. */
void sctp_pair_connect(struct sctp_pair *pair, const char *address);

/* Sends a message of at most 2,000 bytes from one socket to the other, and reads it there. */
void sctp_transfer(int from, int to, size_t size);

/* Closes the client, and then the other sockets. */
void sctp_close(const struct sctp_pair *pair);

#endif
