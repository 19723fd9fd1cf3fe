/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load of the benchmark for UDP: one process sends datagrams of 64 bytes over loopback.
 *
 * udp_load FLOWS SECONDS    prints the number of datagrams, the seconds that passed, and the
 * nanoseconds of processor time per datagram
 *
 * Each flow has a connected socket, and the flows take turns. The time includes the delivery, which
 * loopback does in the sender's context. No process reads the datagrams, so that the time does not
 * contain the work of a receiver. When a receiver's buffer is full, the kernel drops the datagram,
 * but send(2) succeeds, so the datagram counts.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FLOWS_MAX 1000
#define BATCH     1000

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Returns a socket that is connected to a new receiver. */
static int open_flow(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (receiver < 0 || sender < 0 || bind(receiver, (struct sockaddr *)&address, length) ||
	    getsockname(receiver, (struct sockaddr *)&address, &length) ||
	    connect(sender, (struct sockaddr *)&address, length)) {
		perror("udp_load");
		exit(1);
	}
	return sender;
}

int main(int argc, char **argv)
{
	static int senders[FLOWS_MAX];
	char data[64] = "";
	int flows = argc > 1 ? atoi(argv[1]) : 1;
	double seconds = argc > 2 ? atof(argv[2]) : 3;
	uint64_t sent = 0;

	if (flows < 1 || flows > FLOWS_MAX)
		return 2;
	for (int i = 0; i < flows; i++)
		senders[i] = open_flow();
	double start = now(CLOCK_MONOTONIC);
	double cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	while (now(CLOCK_MONOTONIC) < start + seconds) {
		for (int i = 0; i < BATCH; i++)
			sent += send(senders[sent % (uint64_t)flows], data, sizeof(data), 0) > 0;
	}
	printf("%llu %.3f %.0f\n", (unsigned long long)sent, now(CLOCK_MONOTONIC) - start,
	       (now(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e9 / (double)sent);
	return 0;
}
