/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the source of the Kubernetes API. Prints its records as JSON lines, and its health on
 * standard error.
 *
 *   kube_records [--kubeconfig FILE] [--context NAME] [--service-account DIR] [--node NAME]
 *                [--for MS] [--until-ready]
 *
 * Ends after --for milliseconds (10,000 by default), or when the source is absent. With
 * --until-ready, ends as soon as the source is ready. The last line of standard error contains the
 * CPU time and the memory used.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "core/record/json/record_json.h"
#include "core/source/kube/kube.h"

struct arguments {
	struct identity_config config;
	long for_ms;
	bool until_ready;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{"kubeconfig", required_argument, NULL, 'k'},
		{"context", required_argument, NULL, 'c'},
		{"service-account", required_argument, NULL, 's'},
		{"node", required_argument, NULL, 'n'},
		{"for", required_argument, NULL, 'f'},
		{"until-ready", no_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'k':
			arguments->config.places[IDENTITY_KUBE] = optarg;
			break;
		case 'c':
			arguments->config.context = optarg;
			break;
		case 's':
			arguments->config.service_account = optarg;
			break;
		case 'n':
			arguments->config.node = optarg;
			arguments->config.node_only = true;
			break;
		case 'f':
			arguments->for_ms = strtol(optarg, NULL, 10);
			break;
		case 'r':
			arguments->until_ready = true;
			break;
		default:
			return -EINVAL;
		}
	}
	return 0;
}

static void print_records(struct source *source, struct buffer *buffer)
{
	struct record record;

	buffer->length = 0;
	while (spsc_pop(source_queue(source), &record, 1) == 1) {
		if (record_json_write(buffer, &record, NULL))
			abort();
		record_free(&record);
	}
	if (buffer->length == 0)
		return;
	fwrite(buffer->data, 1, buffer->length, stdout);
	fflush(stdout);
}

static enum source_health_state print_health(struct source *source)
{
	static const char *const names[] = {
		[SOURCE_STARTING] = "starting", [SOURCE_READY] = "ready",
		[SOURCE_ABSENT] = "absent",     [SOURCE_BROKEN] = "broken",
		[SOURCE_ENDED] = "ended",
	};
	struct source_health health;

	bool changed = source_health_changed(source);
	source_health(source, &health);
	if (changed)
		fprintf(stderr, "%s %d %s\n", names[health.state], health.error, health.message);
	return health.state;
}

static void follow(struct source *source, const struct arguments *arguments)
{
	struct buffer buffer = {0};
	long end = now_ms() + arguments->for_ms;
	enum source_health_state state = SOURCE_STARTING;

	while (!interrupted && now_ms() < end) {
		if (spsc_arm(source_queue(source))) {
			struct pollfd polled = {.fd = spsc_fd(source_queue(source)),
						.events = POLLIN};
			poll(&polled, 1, 100);
		}
		spsc_disarm(source_queue(source));
		/* Read the health before the queue: the source queues records before it reports
		 * that it is ready or has ended. */
		state = print_health(source);
		print_records(source, &buffer);
		if (state == SOURCE_ABSENT || state == SOURCE_ENDED ||
		    (arguments->until_ready && state == SOURCE_READY))
			break;
	}
	source_stop(source);
	print_health(source);
	print_records(source, &buffer);
	free(buffer.data);
}

/* Returns the peak resident memory in KiB. The peak from getrusage would include the time before
 * execve, when the process was a copy of its parent. */
static long resident_kib(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	long kib = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	}
	if (file)
		fclose(file);
	return kib;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.for_ms = 10000};
	struct source *source = NULL;
	struct rusage usage;

	if (parse(argc, argv, &arguments))
		return 2;
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	int error = identity_source_start(&kube_identity_source, &arguments.config, &source);
	if (error) {
		fprintf(stderr, "kube_records: %s\n", strerror(-error));
		return 1;
	}
	follow(source, &arguments);
	source_free(source);
	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "cpu_ms %ld rss_kib %ld\n",
		usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000 +
			usage.ru_stime.tv_sec * 1000 + usage.ru_stime.tv_usec / 1000,
		resident_kib());
	return 0;
}
