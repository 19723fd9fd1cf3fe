/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sctp_sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/sockets.h"

bool sctp_sockets_work(void)
{
	int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP);

	if (probe < 0) {
		printf("1..0\n# this kernel has no SCTP: %s\n", strerror(errno));
		return false;
	}
	close(probe);
	return true;
}

int sctp_socket(const char *address, int type)
{
	struct sockaddr_storage at;

	socket_address(address, 0, &at);
	int fd = socket(at.ss_family, type | SOCK_CLOEXEC, IPPROTO_SCTP);
	assert_true(fd >= 0);
	return fd;
}

void sctp_listen_on(int fd, const char *address)
{
	struct sockaddr_storage at;
	socklen_t length = socket_address(address, SCTP_SOCKETS_PORT, &at);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, length), 0);
	assert_int_equal(listen(fd, 4), 0);
}

int sctp_listen(const char *address, int type)
{
	int fd = sctp_socket(address, type);

	sctp_listen_on(fd, address);
	return fd;
}

int sctp_connect(int fd, const char *address, uint16_t port)
{
	struct sockaddr_storage at;
	socklen_t length = socket_address(address, port, &at);

	return connect(fd, (struct sockaddr *)&at, length) ? -errno : 0;
}

void sctp_pair_connect(struct sctp_pair *pair, const char *address)
{
	assert_int_equal(sctp_connect(pair->client, address, SCTP_SOCKETS_PORT), 0);
	pair->server = accept(pair->listener, NULL, NULL);
	assert_true(pair->server >= 0);
}

struct sctp_pair sctp_pair(const char *address)
{
	struct sctp_pair pair = {.listener = sctp_listen(address, SOCK_STREAM),
				 .client = sctp_socket(address, SOCK_STREAM)};

	sctp_pair_connect(&pair, address);
	return pair;
}

void sctp_transfer(int from, int to, size_t size)
{
	char bytes[2000] = {0};

	assert_true(size <= sizeof(bytes));
	assert_int_equal(send(from, bytes, size, 0), size);
	assert_int_equal(recv(to, bytes, sizeof(bytes), 0), size);
}

void sctp_close(const struct sctp_pair *pair)
{
	char byte;

	close(pair->client);
	assert_int_equal(recv(pair->server, &byte, 1, 0), 0);
	close(pair->server);
	close(pair->listener);
}
