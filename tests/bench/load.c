/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load of the benchmarks: each worker process repeats connect, accept and close on loopback for
 * a bounded time. All workers share a new network namespace.
 *
 *   load WORKERS SECONDS [RATE]   prints the number of connections of all workers, and the seconds
 *
 * RATE is the largest number of connections a second of all workers together.
 *
 * Both ends close with linger 0, so that no port stays in TIME_WAIT. A connection is five events to
 * polecat: attempt, established, accepted, and two closed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORKERS 64
#define SECONDS_MAX (24 * 3600)

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int loopback_up(void)
{
	struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "lo");
	int failed = ioctl(fd, SIOCSIFFLAGS, &request) ? -errno : 0;
	close(fd);
	return failed;
}

static int listen_somewhere(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_in){.sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (struct sockaddr *)address, length) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)address, &length))
		return -1;
	return fd;
}

static bool connect_once(int listener, const struct sockaddr_in *address)
{
	static const struct linger abort_on_close = {.l_onoff = 1, .l_linger = 0};
	bool made = false;
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (client < 0)
		return false;
	setsockopt(client, SOL_SOCKET, SO_LINGER, &abort_on_close, sizeof(abort_on_close));
	if (connect(client, (const struct sockaddr *)address, sizeof(*address)) == 0) {
		int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (server >= 0) {
			setsockopt(server, SOL_SOCKET, SO_LINGER, &abort_on_close,
				   sizeof(abort_on_close));
			close(server);
			made = true;
		}
	}
	close(client);
	return made;
}

/* Makes connections until a time. `rate` is the number of them in a second; 0: no limit. */
static uint64_t work(double until, double rate)
{
	double start = seconds_now();
	struct sockaddr_in address;
	uint64_t made = 0;
	int listener = listen_somewhere(&address);

	if (listener < 0)
		return 0;
	while (seconds_now() < until) {
		for (int i = 0; i < 64; i++)
			made += connect_once(listener, &address) ? 1 : 0;
		double early = rate > 0 ? start + (double)made / rate - seconds_now() : 0;
		if (early > 0)
			usleep((useconds_t)(early * 1e6));
	}
	close(listener);
	return made;
}

int main(int argc, char **argv)
{
	long workers = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 0;
	double rate = argc > 3 ? strtod(argv[3], NULL) : 0;

	if (workers < 1 || workers > MAX_WORKERS || seconds <= 0 || seconds > SECONDS_MAX ||
	    rate < 0) {
		fprintf(stderr, "usage: load WORKERS SECONDS [RATE] (at most %d, %d)\n",
			MAX_WORKERS, SECONDS_MAX);
		return 2;
	}
	if (unshare(CLONE_NEWNET) || loopback_up()) {
		fprintf(stderr, "load: a network namespace of its own: %s (root is needed)\n",
			strerror(errno));
		return 3;
	}
	uint64_t *made = mmap(NULL, MAX_WORKERS * sizeof(*made), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		return 1;

	double start = seconds_now();
	for (long i = 0; i < workers; i++) {
		pid_t child = fork();
		if (child == 0) {
			made[i] = work(start + seconds, rate / (double)workers);
			_exit(0);
		}
		if (child < 0)
			workers = i;
	}
	while (wait(NULL) > 0)
		;
	uint64_t total = 0;
	for (long i = 0; i < workers; i++)
		total += made[i];
	printf("%llu %.3f\n", (unsigned long long)total, seconds_now() - start);
	return 0;
}
