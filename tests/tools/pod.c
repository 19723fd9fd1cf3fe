/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of the tests' containers. Linked statically, since the containers have no libraries.
 *
 *   pod pause                        waits for SIGTERM
 *   pod connect ADDRESS PORT…        connects once to each port, one after the other, and ends
 *   pod talk ADDRESS PORT MS         connects repeatedly, with a pause of MS milliseconds
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Handles SIGTERM: the first process of a PID namespace ignores signals that have the default
 * action. */
static void end(int signal_number)
{
	(void)signal_number;
	_exit(0);
}

static int connect_once(const char *address, const char *port)
{
	struct sockaddr_in to = {.sin_family = AF_INET};

	to.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return 2;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to))) {
		fprintf(stderr, "%s:%s: %s\n", address, port, strerror(errno));
		return 1;
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	int status = 0;

	signal(SIGTERM, end);
	signal(SIGINT, end);
	if (strcmp(verb, "pause") == 0) {
		for (;;)
			pause();
	}
	if (strcmp(verb, "connect") == 0 && argc > 3) {
		for (int i = 3; i < argc; i++)
			status |= connect_once(argv[2], argv[i]);
		return status;
	}
	if (strcmp(verb, "talk") == 0 && argc == 5) {
		for (;;) {
			connect_once(argv[2], argv[3]);
			usleep((useconds_t)strtoul(argv[4], NULL, 10) * 1000);
		}
	}
	fprintf(stderr, "usage: pod pause | connect ADDRESS PORT… | talk ADDRESS PORT MS\n");
	return 2;
}
