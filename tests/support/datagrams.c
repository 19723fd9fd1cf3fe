/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/datagrams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/sockets.h"

static const char zeros[65536];

int udp_socket(const char *address)
{
	int fd = socket(strchr(address, ':') ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

int udp_server(const char *address, uint16_t *port)
{
	int fd = udp_socket(address);

	*port = tcp_bind(fd, address, *port);
	return fd;
}

int udp_client(const char *address, uint16_t port)
{
	int fd = udp_socket(address);

	assert_int_equal(tcp_connect_socket(fd, address, port), 0);
	return fd;
}

void udp_send(int fd, size_t count, size_t size)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(send(fd, zeros, size, 0), size);
}

void udp_send_to(int fd, const char *address, uint16_t port, size_t size)
{
	struct sockaddr_storage to;
	socklen_t length = socket_address(address, port, &to);

	assert_int_equal(sendto(fd, zeros, size, 0, (const struct sockaddr *)&to, length), size);
}

void udp_receive(int fd, size_t count)
{
	static char sink[65536];

	for (size_t i = 0; i < count; i++)
		assert_true(recv(fd, sink, sizeof(sink), 0) >= 0);
}

void udp_answer(int fd, size_t size)
{
	static char sink[65536];
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);

	assert_true(recvfrom(fd, sink, sizeof(sink), 0, (struct sockaddr *)&from, &length) >= 0);
	assert_int_equal(sendto(fd, zeros, size, 0, (const struct sockaddr *)&from, length), size);
}
