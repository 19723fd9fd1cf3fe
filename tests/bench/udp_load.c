/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flood of datagrams over loopback: usage: udp_load FLOWS SECONDS
 *
 * One process sends 64-byte datagrams to FLOWS receivers in turn, each over its own connected socket. The
 * receivers discard them. Prints the number of datagrams, the seconds, and the nanoseconds of CPU time per
 * datagram of this process, which include the delivery to the receiver's socket.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
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

/* Returns a connected socket to a new receiver. Nobody reads the receiver: when its buffer is full, the
 * kernel drops datagrams after the programs have counted them. */
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
