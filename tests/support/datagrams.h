/* SPDX-License-Identifier: Apache-2.0 */
/* Short UDP functions for tests. Addresses are texts, as in sockets.h. A failure fails the test. */
#ifndef POLECAT_TESTS_SUPPORT_DATAGRAMS_H
#define POLECAT_TESTS_SUPPORT_DATAGRAMS_H

#include <stddef.h>
#include <stdint.h>

/* Returns a socket of the address's family, close-on-exec and blocking. */
int udp_socket(const char *address);

/* Returns a socket bound to the address. If *port is 0, sets it to the port that the kernel
 * chose. */
int udp_server(const char *address, uint16_t *port);

/* Returns a new socket, connected to the address. */
int udp_client(const char *address, uint16_t port);

/* Sends `count` datagrams of `size` bytes over a connected socket. */
void udp_send(int fd, size_t count, size_t size);

/* Sends one datagram of `size` bytes to the address. */
void udp_send_to(int fd, const char *address, uint16_t port, size_t size);

/* Receives `count` datagrams. */
void udp_receive(int fd, size_t count);

/* Receives one datagram and answers its sender with `size` bytes. */
void udp_answer(int fd, size_t size);

#endif
