/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load of the benchmark for bulk transfers: one TCP connection over loopback, as fast as it
 * goes.
 *
 * bulk_load SECONDS    prints the gigabits that arrived per second of processor time
 *
 * Sender and receiver take turns in one thread, so that the figure does not depend on the
 * scheduler.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static char data[1 << 16];
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int sender = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int receiver = -1;
	uint64_t received = 0;

	if (listener < 0 || sender < 0 || bind(listener, (struct sockaddr *)&address, length) ||
	    listen(listener, 1) || getsockname(listener, (struct sockaddr *)&address, &length) ||
	    connect(sender, (struct sockaddr *)&address, length) ||
	    (receiver = accept(listener, NULL, NULL)) < 0) {
		perror("bulk_load");
		return 1;
	}
	double start = now(CLOCK_MONOTONIC);
	double cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	while (now(CLOCK_MONOTONIC) < start + seconds) {
		/* The socket's buffers hold more than one write of this size. */
		ssize_t sent = send(sender, data, sizeof(data), 0);
		while (sent > 0) {
			ssize_t got = recv(receiver, data, sizeof(data), 0);
			if (got <= 0)
				return 1;
			received += (uint64_t)got;
			sent -= got;
		}
	}
	printf("%.2f\n", (double)received * 8 / 1e9 / (now(CLOCK_PROCESS_CPUTIME_ID) - cpu));
	return 0;
}
