/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load of the benchmark for DNS: a process that asks for names, and answers its own queries
 * over loopback.
 *
 * dns_load RATE SECONDS    prints the number of look-ups, and the seconds that passed
 *
 * Makes RATE look-ups a second, or as many as it can. Both ends are watched, so each look-up is
 * four DNS messages for polecat, and one record. Needs port 53, so run it in a network namespace.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* RFC 1035: header, one question for the address of a.test. */
static const unsigned char query[] = {0, 0,   1, 0,   0,   1,   0,   0, 0, 0, 0, 0,
				      1, 'a', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1};
/* One answer: a pointer to the question's name, type A, class IN, 60 s, 192.0.2.1. */
static const unsigned char answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Sends a query and its answer. Each query has its own id, so that each answer matches one
 * query. */
static void look_up(int client, int server, uint16_t id)
{
	unsigned char message[sizeof(query) + sizeof(answer)];
	struct sockaddr_in from;
	socklen_t length = sizeof(from);

	memcpy(message, query, sizeof(query));
	message[0] = (unsigned char)(id >> 8);
	message[1] = (unsigned char)id;
	if (send(client, message, sizeof(query), 0) < 0)
		fail("send");
	if (recvfrom(server, message, sizeof(query), 0, (struct sockaddr *)&from, &length) < 0)
		fail("recvfrom");
	message[2] |= 0x80; /* a response */
	message[7] = 1;     /* one answer */
	memcpy(message + sizeof(query), answer, sizeof(answer));
	if (sendto(server, message, sizeof(message), 0, (struct sockaddr *)&from, length) < 0)
		fail("sendto");
	if (recv(client, message, sizeof(message), 0) < 0)
		fail("recv");
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(53),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	double rate = argc > 1 ? atof(argv[1]) : 1000;
	double seconds = argc > 2 ? atof(argv[2]) : 3;
	int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t done = 0;

	if (server < 0 || client < 0 ||
	    bind(server, (struct sockaddr *)&address, sizeof(address)) ||
	    connect(client, (struct sockaddr *)&address, sizeof(address)))
		fail("dns_load");
	double start = now();
	double passed = 0;
	while ((passed = now() - start) < seconds) {
		if ((double)done < passed * rate)
			look_up(client, server, (uint16_t)done++);
		else
			usleep(200);
	}
	printf("%llu %.3f\n", (unsigned long long)done, passed);
	return 0;
}
