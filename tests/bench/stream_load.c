/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the records of many nodes into the standard outputs of other processes, as agents of
 * polecat would, without a process that copies them.
 *
 * usage: stream_load SOCKET NODES RATE SECONDS
 *        stream_load SOCKET
 *
 * The first form listens at SOCKET and prints "ready". The second form is the command of one node:
 * it gives its standard output to the first form, and ends with it. When all nodes have done so,
 * the first form prints "given" and waits for a line on standard input. Then each node writes RATE
 * flows a second for SECONDS: the two ends of connections between pods of neighbouring nodes, in
 * the form of `polecat trace -o json`. At the end, the first form prints the number of flows that
 * it wrote, the number that found a pipe full, its processor time, and the time that passed.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PODS          20 /* of a node */
#define PEERS         3  /* of a pod */
#define STEPS         5  /* the flows of a connection: three at the client, two at the server */
#define TICK_NS       10000000
#define NS_PER_SECOND 1000000000

static uint32_t nodes;
static uint32_t rate;

struct node {
	int fd;
	uint64_t flows; /* written so far */
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

/* Writes the step of a connection that begins at node `from`. Returns the length of the line. */
static int format_flow(char *line, size_t size, uint32_t from, uint64_t connection, uint32_t step,
		       const char *time)
{
	static const char *const events[STEPS] = {"attempt", "established", "closed", "accepted",
						  "closed"};
	static const char *const states[STEPS] = {"SYN_SENT", "ESTABLISHED", "CLOSE", "ESTABLISHED",
						  "CLOSE"};
	bool client = step < 3;
	uint32_t to = (from + 1) % nodes;
	uint32_t pod = (uint32_t)(connection % PODS);
	uint32_t peer = (uint32_t)(pod + connection / PODS % PEERS) % PODS;
	uint32_t node = client ? from : to;
	uint32_t own = client ? pod : peer;
	char counters[160] = "";

	if (step == 1)
		snprintf(counters, sizeof(counters), ",\"latency_us\":350");
	else if (strcmp(events[step], "closed") == 0)
		snprintf(counters, sizeof(counters),
			 ",\"end\":\"fin\",\"fin_by\":\"%s\",\"latency_us\":350,\"tx_bytes\":512,"
			 "\"rx_bytes\":1536,\"duration_ms\":12,\"rtt_us\":120,\"retrans\":0",
			 client ? "self" : "peer");
	return snprintf(
		line, size,
		"{\"v\":1,\"kind\":\"flow\",\"event\":\"%s\",\"ts\":\"%s\",\"id\":\"%08" PRIx32
		"%08" PRIx64 "\",\"node\":\"node-%" PRIu32 "\",\"direction\":\"%s\",\"protocol\":"
		"\"TCP\",\"family\":4,\"src\":\"10.%u.%u.%u\",\"sport\":%u,\"dst\":\"10.%u.%u.%u\","
		"\"dport\":8080,\"state\":\"%s\"%s,\"pid\":%u,\"uid\":1000,\"comm\":\"server\","
		"\"cgroup_id\":%u,\"netns\":%u,\"container_id\":\"%08x%056x\",\"namespace\":"
		"\"shop-%u\",\"pod\":\"web-%u-%u\",\"container\":\"server\"}\n",
		events[step], time, from * 2 + (client ? 0 : 1), connection, node,
		client ? "egress" : "ingress", 1 + from / 200, from % 200, 2 + pod,
		(unsigned int)(32768 + connection % 28000), 1 + to / 200, to % 200, 2 + peer,
		states[step], counters, 1000 + own, 5000 + own, 700000 + own, node, own, node % 10,
		node, own);
}

/* Writes `count` flows of a node with one write. Returns false if the pipe is full. */
static bool write_flows(struct node *node, uint32_t index, uint32_t count, const char *time)
{
	static char block[65536];
	size_t length = 0;

	for (uint32_t i = 0; i < count && length < sizeof(block) - 2048; i++) {
		uint64_t at = node->flows + i;
		uint32_t step = (uint32_t)(at % STEPS);
		uint32_t from = step < 3 ? index : (index + nodes - 1) % nodes;
		length += (size_t)format_flow(block + length, sizeof(block) - length, from,
					      at / STEPS, step, time);
	}
	if (write(node->fd, block, length) != (ssize_t)length)
		return false;
	node->flows += count;
	return true;
}

/* Sends the descriptor of standard output, and waits for the end of the receiver. */
static int give_output(const struct sockaddr_un *address)
{
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte = 0;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control.room)};

	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &(int){STDOUT_FILENO}, sizeof(int));
	if (connect(server, (const struct sockaddr *)address, sizeof(*address)) ||
	    sendmsg(server, &message, 0) != 1) {
		perror("stream_load");
		return 1;
	}
	close(STDOUT_FILENO);
	return read(server, &byte, 1) < 0;
}

/* Accepts one process of the second form. Returns its output, or -1. */
static int receive_output(int listener)
{
	int client = accept(listener, NULL, NULL);
	char byte;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control.room)};
	int fd = -1;

	if (client < 0 || recvmsg(client, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		return -1;
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

static bool receive_outputs(int listener, struct node *all)
{
	for (uint32_t i = 0; i < nodes; i++) {
		char hello[256];
		int length =
			snprintf(hello, sizeof(hello),
				 "{\"v\":1,\"kind\":\"hello\",\"node\":\"node-%" PRIu32
				 "\",\"polecat\":\"1\",\"started\":\"2026-01-02T03:04:05Z\"}\n",
				 i);
		all[i].fd = receive_output(listener);
		if (all[i].fd < 0 || write(all[i].fd, hello, (size_t)length) != length)
			return false;
		fcntl(all[i].fd, F_SETFL, O_NONBLOCK);
	}
	return true;
}

/* Writes the flows of all nodes for `end_ns`. */
static void write_load(struct node *all, uint64_t end_ns)
{
	uint64_t written = 0;
	uint64_t full = 0;
	uint64_t due = 0;
	uint64_t start_ns = now_ns(CLOCK_MONOTONIC);

	for (uint64_t tick = 0; tick * TICK_NS < end_ns; tick++) {
		uint64_t unix_ns = now_ns(CLOCK_REALTIME);
		time_t seconds = (time_t)(unix_ns / NS_PER_SECOND);
		struct tm fields;
		char time[40];
		gmtime_r(&seconds, &fields);
		size_t length = strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", &fields);
		snprintf(time + length, sizeof(time) - length, ".%09" PRIu64 "Z",
			 unix_ns % NS_PER_SECOND);
		uint64_t until = (tick + 1) * rate / (NS_PER_SECOND / TICK_NS);
		for (uint32_t i = 0; i < nodes; i++) {
			if (write_flows(&all[i], i, (uint32_t)(until - due), time))
				written += until - due;
			else
				full += until - due;
		}
		due = until;
		uint64_t passed_ns = now_ns(CLOCK_MONOTONIC) - start_ns;
		if (passed_ns < (tick + 1) * TICK_NS)
			poll(NULL, 0, (int)(((tick + 1) * TICK_NS - passed_ns) / 1000000));
	}
	printf("%" PRIu64 " %" PRIu64 " %.3f %.3f\n", written, full,
	       (double)now_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9,
	       (double)(now_ns(CLOCK_MONOTONIC) - start_ns) / 1e9);
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct rlimit limit;
	char line[16];

	if (argc != 2 && argc != 5)
		return 2;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (argc == 2)
		return give_output(&address);
	nodes = (uint32_t)strtoul(argv[2], NULL, 10);
	rate = (uint32_t)strtoul(argv[3], NULL, 10);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	signal(SIGPIPE, SIG_IGN);
	struct node *all = calloc(nodes, sizeof(*all));
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!all || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 4096)) {
		perror(argv[1]);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	if (!receive_outputs(listener, all))
		return 1;
	puts("given");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	write_load(all, strtoull(argv[4], NULL, 10) * NS_PER_SECOND);
	return 0;
}
