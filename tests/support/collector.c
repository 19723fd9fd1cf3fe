/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/collector.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/source/ebpf/ebpf_features.h"
#include "tests/support/sockets.h"
#include "tests/support/wait_limit.h"

static void keep(struct collector *collector, const struct record *record)
{
	if (record->kind == RECORD_LOST)
		collector->lost[record->lost.where] += record->lost.count;
	if (ARRAY_RESERVE(collector->records, collector->capacity, collector->count + 1))
		fail_msg("no memory");
	collector->records[collector->count++] = *record;
}

void collector_drain(struct collector *collector)
{
	struct record batch[256];
	size_t got;

	while ((got = spsc_pop(source_queue(collector->source), batch, 256)) > 0) {
		for (size_t i = 0; i < got; i++)
			keep(collector, &batch[i]);
	}
}

/* Waits for records until the deadline and reads them. Returns false if the deadline has passed. */
static bool read_some(struct collector *collector, uint64_t deadline)
{
	struct spsc *queue = source_queue(collector->source);
	uint64_t now = clock_monotonic_ms();
	struct pollfd wait = {.fd = spsc_fd(queue), .events = POLLIN};

	if (now >= deadline)
		return false;
	if (spsc_arm(queue))
		poll(&wait, 1, (int)(deadline - now));
	spsc_disarm(queue);
	collector_drain(collector);
	return true;
}

void collector_wait_some(struct collector *collector, uint64_t milliseconds)
{
	read_some(collector, clock_monotonic_ms() + milliseconds);
}

/* Stores the names of the hooks in use. */
static void note_hooks(struct collector *collector)
{
	for (size_t i = 0; i < collector->count; i++) {
		const struct record *record = &collector->records[i];
		if (record->kind != RECORD_HELLO)
			continue;
		for (size_t hook = 0; hook < record->hello->hooks.count; hook++) {
			size_t length = strlen(collector->hooks);
			snprintf(collector->hooks + length, sizeof(collector->hooks) - length,
				 "%s ", record->hello->hooks.items[hook]);
		}
	}
}

static bool collector_lists(const struct collector *collector, const char *hook)
{
	return strstr(collector->hooks, hook) != NULL;
}

bool collector_has(const struct collector *collector, const char *hook)
{
	static const enum ebpf_feature calls[] = {EBPF_FEATURE_CONNECT_ERRORS,
						  EBPF_FEATURE_ACCEPTORS};
	const struct ebpf_features usual = {0};
	const struct ebpf_features cheap = {.cheap = UINT32_MAX};

	if (collector_lists(collector, hook))
		return true;
	/* The tracepoints of system calls have replacements that see the same calls. */
	for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
		if (strcmp(ebpf_feature_hook(&usual, calls[i]), hook) == 0)
			return collector_lists(collector, ebpf_feature_hook(&cheap, calls[i]));
	}
	return false;
}

void collector_need(const struct collector *collector, const char *hook)
{
	const struct ebpf_features usual = {0};

	if (collector_has(collector, hook))
		return;
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		if (strcmp(ebpf_feature_hook(&usual, i), hook) != 0)
			continue;
		print_message("# needs %s\n", ebpf_feature_name(i));
		skip();
	}
	fail_msg("no feature has the hook %s", hook);
}

void collector_need_check(const char *name)
{
	struct ebpf_check checks[EBPF_CHECK_MAX];
	size_t count = ebpf_check(checks);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(checks[i].name, name) != 0 || !checks[i].error)
			continue;
		print_message("# needs %s\n", name);
		skip();
	}
}

void collector_start(struct collector *collector, const struct ebpf_options *options)
{
	uint64_t deadline = wait_deadline_ms();
	struct source_health health;

	memset(collector, 0, sizeof(*collector));
	assert_int_equal(ebpf_source_start(options, &collector->source), 0);
	do {
		source_health(collector->source, &health);
		if (health.state == SOURCE_READY) {
			collector_drain(collector);
			note_hooks(collector);
			return;
		}
		if (health.state != SOURCE_STARTING)
			fail_msg("the collector did not start: %s", health.message);
	} while (read_some(collector, deadline));
	fail_msg("the collector was not ready in time");
}

/* The condition of collector_wait_started. */
struct start {
	struct source *source;
	struct source_health *health;
};

static bool has_started(void *data)
{
	const struct start *start = data;

	source_health(start->source, start->health);
	return start->health->state != SOURCE_STARTING;
}

void collector_wait_started(struct source *source, struct source_health *health)
{
	struct start start = {source, health};

	if (!wait_until(has_started, &start))
		fail_msg("the source is still starting");
}

void collector_stop(struct collector *collector)
{
	source_stop(collector->source);
	do {
		collector_drain(collector);
	} while (source_push_rest(collector->source));
}

static void free_records(struct collector *collector)
{
	for (size_t i = 0; i < collector->count; i++)
		record_free(&collector->records[i]);
	collector->count = 0;
}

void collector_free(struct collector *collector)
{
	source_free(collector->source);
	free_records(collector);
	free(collector->records);
	memset(collector, 0, sizeof(*collector));
}

static bool matches(const struct record *record, const struct flow_match *match)
{
	const struct flow *flow = &record->flow;

	return record->kind == RECORD_FLOW && (!match->event || match->event == flow->event) &&
	       (!match->direction || match->direction == flow->direction) &&
	       (!match->sport || match->sport == flow->sport) &&
	       (!match->dport || match->dport == flow->dport) &&
	       (!match->netns || match->netns == flow->netns) &&
	       (!match->pid || match->pid == flow->pid) && (!match->id || match->id == flow->id);
}

size_t collector_count(const struct collector *collector, const struct flow_match *match)
{
	size_t count = 0;

	for (size_t i = 0; i < collector->count; i++)
		count += matches(&collector->records[i], match);
	return count;
}

const struct flow *collector_find(const struct collector *collector, const struct flow_match *match,
				  size_t nth)
{
	for (size_t i = 0; i < collector->count; i++) {
		if (matches(&collector->records[i], match) && nth-- == 0)
			return &collector->records[i].flow;
	}
	return NULL;
}

void collector_wait_count(struct collector *collector, const struct flow_match *match, size_t count)
{
	uint64_t deadline = wait_deadline_ms();
	size_t seen = 0;

	do {
		seen = collector_count(collector, match);
		if (seen >= count)
			return;
	} while (read_some(collector, deadline));
	fail_msg("%zu of %zu flows came (event %u, direction %u, %u to %u), %zu records in all, "
		 "lost %llu in the kernel, %llu in the queue",
		 seen, count, match->event, match->direction, match->sport, match->dport,
		 collector->count, (unsigned long long)collector->lost[LOST_KERNEL],
		 (unsigned long long)collector->lost[LOST_QUEUE]);
}

struct flow collector_wait(struct collector *collector, const struct flow_match *match)
{
	collector_wait_count(collector, match, 1);
	const struct flow *flow = collector_find(collector, match, 0);
	if (!flow)
		abort(); /* cannot happen: collector_wait_count has found the flow */
	return *flow;
}

size_t collector_wait_container(struct collector *collector, uint64_t cgroup_id)
{
	uint64_t deadline = wait_deadline_ms();

	do {
		for (size_t i = 0; i < collector->count; i++) {
			const struct record *record = &collector->records[i];
			if (record->kind == RECORD_CONTAINER &&
			    record->container->cgroup_id == cgroup_id)
				return i;
		}
	} while (read_some(collector, deadline));
	fail_msg("no container record came");
	return 0;
}

void collector_fence(struct collector *collector, uint32_t netns)
{
	int fd = tcp_socket("127.0.0.1");
	uint16_t port = tcp_bind(fd, "127.0.0.1", 0);
	struct flow_match refused = {
		.event = FLOW_FAILED, .netns = netns, .sport = port, .dport = COLLECTOR_FENCE_PORT};
	size_t before = collector_count(collector, &refused);

	assert_true(tcp_connect_socket(fd, "127.0.0.1", COLLECTOR_FENCE_PORT) < 0);
	collector_wait_count(collector, &refused, before + 1);
	assert_int_equal(close(fd), 0);
}

void collector_forget(struct collector *collector, uint32_t netns)
{
	collector_fence(collector, netns);
	free_records(collector);
	memset(collector->lost, 0, sizeof(collector->lost));
}
