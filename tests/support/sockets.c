/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* accept4 */
#include "tests/support/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t to_address(const char *text, uint16_t port, union socket_address *out)
{
	memset(out, 0, sizeof(*out));
	if (strchr(text, ':')) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		assert_int_equal(inet_pton(AF_INET6, text, &out->v6.sin6_addr), 1);
		return sizeof(out->v6);
	}
	out->v4.sin_family = AF_INET;
	out->v4.sin_port = htons(port);
	assert_int_equal(inet_pton(AF_INET, text, &out->v4.sin_addr), 1);
	return sizeof(out->v4);
}

socklen_t socket_address(const char *text, uint16_t port, struct sockaddr_storage *out)
{
	union socket_address address;
	socklen_t length = to_address(text, port, &address);

	memset(out, 0, sizeof(*out));
	memcpy(out, &address, length);
	return length;
}

int tcp_socket(const char *address)
{
	int fd = socket(strchr(address, ':') ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

uint16_t tcp_local_port(int fd)
{
	union socket_address address = {0};
	socklen_t length = sizeof(address);

	assert_int_equal(getsockname(fd, &address.any, &length), 0);
	return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port
						       : address.v4.sin_port);
}

uint16_t tcp_bind(int fd, const char *address, uint16_t port)
{
	union socket_address to;
	socklen_t length = to_address(address, port, &to);

	assert_int_equal(bind(fd, &to.any, length), 0);
	return tcp_local_port(fd);
}

int tcp_listen(const char *address, uint16_t *port)
{
	int fd = tcp_socket(address);
	int one = 1;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
	*port = tcp_bind(fd, address, *port);
	assert_int_equal(listen(fd, 1024), 0);
	return fd;
}

int tcp_connect_socket(int fd, const char *address, uint16_t port)
{
	union socket_address to;
	socklen_t length = to_address(address, port, &to);

	return connect(fd, &to.any, length) ? -errno : 0;
}

int tcp_connect(const char *address, uint16_t port)
{
	int fd = tcp_socket(address);

	assert_int_equal(tcp_connect_socket(fd, address, port), 0);
	return fd;
}

int tcp_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

struct tcp_pair tcp_pair(int listener, const char *address)
{
	struct tcp_pair pair = {.dport = tcp_local_port(listener)};

	pair.client = tcp_connect(address, pair.dport);
	pair.sport = tcp_local_port(pair.client);
	pair.server = tcp_accept(listener);
	return pair;
}

void tcp_transfer(int from, int to, size_t count)
{
	static const char zeros[65536];
	static char sink[65536];
	size_t sent = 0;
	size_t received = 0;

	while (received < count) {
		if (sent < count) {
			size_t chunk = count - sent < sizeof(zeros) ? count - sent : sizeof(zeros);
			ssize_t wrote = send(from, zeros, chunk, MSG_DONTWAIT | MSG_NOSIGNAL);
			assert_true(wrote >= 0 || errno == EAGAIN);
			sent += wrote > 0 ? (size_t)wrote : 0;
		}
		ssize_t got = recv(to, sink, sizeof(sink), sent < count ? MSG_DONTWAIT : 0);
		assert_true(got > 0 || (got < 0 && errno == EAGAIN));
		received += got > 0 ? (size_t)got : 0;
	}
	assert_int_equal(received, count);
}

int64_t tcp_read_to_end(int fd)
{
	static char sink[65536];
	int64_t total = 0;

	for (;;) {
		ssize_t got = read(fd, sink, sizeof(sink));
		if (got < 0)
			return -errno;
		if (got == 0)
			return total;
		total += got;
	}
}

void tcp_reset(int fd)
{
	struct linger linger = {.l_onoff = 1};

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	assert_int_equal(close(fd), 0);
}
