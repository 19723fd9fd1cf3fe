/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf.h"

#include <errno.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/dns/dns_failures.h"
#include "core/dns/dns_lookups.h"
#include "core/dns/dns_streams.h"
#include "core/sandbox/capabilities.h"
#include "core/sandbox/helper.h"
#include "core/sandbox/sandbox.h"
#include "core/source/ebpf/cgroup_table.h"
#include "core/source/ebpf/conntrack.h"
#include "core/source/ebpf/drop_reasons.h"
#include "core/source/ebpf/ebpf_collector.h"
#include "core/source/ebpf/ebpf_events.h"
#include "core/source/ebpf/ebpf_features.h"
#include "core/source/ebpf/ebpf_hello.h"
#include "core/source/ebpf/ebpf_loader.h"
#include "core/source/ebpf/ebpf_programs.h"
#include "core/source/ebpf/udp.h"

/* The interval between two readings of the ring while events arrive. A wake-up for each event would
 * cost the traced task time. */
#define BATCH_MS 10
/* The sleeps of an idle collector. Each is twice the one before, from IDLE_MS to IDLE_MAX_MS. A DNS
 * message that does not wake the collector waits for the end of the sleep. */
#define IDLE_MS     200
#define IDLE_MAX_MS 500
/* The interval at which ebpf_maintain reads the counters of lost events. */
#define MAINTENANCE_MS 250
/* glibc returns free memory at the end of a heap to the kernel if it is more than this
 * (M_TRIM_THRESHOLD in mallopt(3)). */
#define RELEASE_THRESHOLD (1 << 20)
/* When a block of at least 64 KiB is freed, glibc checks whether to shrink the heap. */
#define RELEASE_BLOCK ((size_t)96 << 10)
/* The default interval for reading the counters of datagrams. */
#define DATAGRAMS_MS 1000

static void ebpf_open_clock(struct collector *collector)
{
	collector->clock_fd = wall_clock_watch();
	collector->boot_to_unix_ns = collector->clock.boot_to_unix_ns +
				     (uint64_t)ebpf_programs_clock_offset(collector->programs);
}

static void ebpf_add_missing(char message[SOURCE_MESSAGE_SIZE], const char *purpose)
{
	size_t length = strlen(message);

	snprintf(message + length, SOURCE_MESSAGE_SIZE - length, "%s%s",
		 length ? ", " : "not available on this kernel (polecat doctor): ", purpose);
}

/* Reports that the collector works, which of its features this kernel lacks, and which do not work
 * at present. */
static void ebpf_report_ready(struct collector *collector)
{
	const struct ebpf_features *features = ebpf_programs_features(collector->programs);
	char message[SOURCE_MESSAGE_SIZE] = "";

	if (!features->kernel.has_socket_storage)
		ebpf_add_missing(message, EBPF_STORAGE_PURPOSE);
	for (enum ebpf_feature i = 0; i < EBPF_FEATURE_COUNT; i++) {
		if (features->errors[i])
			ebpf_add_missing(message, ebpf_feature_purpose(i));
	}
	int error = *message ? -EOPNOTSUPP : 0;
	if (collector->udp_error) {
		size_t length = strlen(message);

		error = collector->udp_error;
		snprintf(message + length, sizeof(message) - length,
			 "%sUDP is not watched, and DNS is not read: %s", length ? "; " : "",
			 collector->udp_message);
	} else if (!collector->lookups) {
		size_t length = strlen(message);

		error = -EOPNOTSUPP;
		snprintf(message + length, sizeof(message) - length, "%sDNS is not read: %s",
			 length ? "; " : "",
			 udp_sends_dns(collector->udp) ? strerror(ENOMEM)
						       : udp_dns_error(collector->udp));
	}
	if (collector->drops_error) {
		size_t length = strlen(message);

		error = collector->drops_error;
		snprintf(message + length, sizeof(message) - length, "%sdrops are not seen: %s",
			 length ? "; " : "", strerror(-collector->drops_error));
	}
	if (collector->helper_ended) {
		size_t length = strlen(message);

		error = -EOWNERDEAD;
		snprintf(message + length, sizeof(message) - length,
			 "%sthe process polecat-helper has ended, so ports before a REDIRECT and "
			 "paths of programs are not known: start polecat again",
			 length ? "; " : "");
	}
	source_set_health(collector->source, SOURCE_READY, error, "%s", message);
}

/*
 * Scans the cgroups. After a scan that was cut short, the health reports it until a later scan
 * reaches all cgroups. In the meantime, when a flow names a cgroup that the table lacks, the table
 * asks the kernel for it by id. If the cgroup no longer exists then, it stays unresolved. A
 * container without flows has no record.
 */
static void ebpf_scan_cgroups(struct collector *collector)
{
	int error = cgroup_table_scan(collector->cgroups, ebpf_on_container_due, collector);
	/* Without a cgroup v2 mount, flows have no containers. That is not a failure. */
	bool cut = error && error != -ENOENT;

	collector->scan_due = cut;
	if (cut && !collector->scan_cut_reported)
		source_set_health(
			collector->source, SOURCE_READY, -ENODATA,
			"the scan of cgroups was cut short (%s): connections of containers "
			"that it did not reach may be unresolved",
			error == -E2BIG ? "too many or too deep" : strerror(-error));
	else if (!cut && collector->scan_cut_reported)
		ebpf_report_ready(collector);
	collector->scan_cut_reported = cut;
}

/* Begins a reading of counters. `last_ms`: monotonic time of the last reading; set to `now_ms`. */
static void ebpf_begin_interval(struct collector *collector, uint64_t *last_ms, uint64_t now_ms)
{
	collector->interval_ms = *last_ms ? now_ms - *last_ms : 0;
	*last_ms = now_ms;
}

/* Reports the events that the kernel programs have lost, those of each cgroup by themselves. */
static void ebpf_count_lost(struct collector *collector)
{
	struct ring_losses *losses = &collector->losses;
	const uint64_t reported = losses->known + losses->unknown;
	struct ebpf_lost lost;

	/* If the counters cannot be read, the next call counts the losses. */
	if (ebpf_programs_lost(collector->programs, &lost))
		return;
	uint64_t unknown = ring_losses_read(losses, ebpf_programs_shares_fd(collector->programs),
					    lost.total, ebpf_programs_position(collector->programs),
					    ebpf_on_cgroup_loss, collector);
	source_count_lost(collector->source, LOST_KERNEL, unknown);
	collector->scan_due |= lost.cgroups != collector->cgroups_lost;
	collector->cgroups_lost = lost.cgroups;
	if (losses->known + losses->unknown == reported)
		return;
	if (collector->lookups)
		dns_lookups_note_loss(collector->lookups, ebpf_programs_now(collector->programs));
	collector->listing.due = true;
}

/* Passes the events in the rings to ebpf_on_event, those of cgroups first, because the other events
 * name the cgroups. Returns the number of events, or a negative number at the end of the
 * reading. */
static int ebpf_consume(struct collector *collector)
{
	int cgroups = ebpf_programs_consume(collector->programs, EBPF_RING_CGROUPS, ebpf_on_event,
					    collector);
	int others = ebpf_programs_consume(collector->programs, EBPF_RING_SOCKETS, ebpf_on_event,
					   collector);

	if (cgroups < 0 || others < 0)
		return others < 0 ? others : cgroups;
	return cgroups + others;
}

static void ebpf_list_associations(void *data)
{
	ebpf_read_associations(data, SCTP_ALL);
}

/* Lists the open connections again after a loss, which may have hidden the ends of some. */
static void ebpf_list_again(struct collector *collector, uint64_t now_ms)
{
	if (!ebpf_listing_is_due(&collector->listing, collector->source, now_ms))
		return;
	collector->sampling = true;
	ebpf_listing_run(&collector->listing, collector->programs, collector->source, ebpf_on_event,
			 ebpf_list_associations, collector);
	collector->sampling = false;
}

/*
 * Handles a step of the system clock. A `clock` record divides the records: the times of those
 * before it are by the old clock, the times of those after it by the new one. The events that are
 * in the kernel's ring come first, because most of them happened before the step.
 */
static void ebpf_check_clock(struct collector *collector)
{
	int64_t step_ns = wall_clock_step(&collector->clock);

	if (step_ns == 0)
		return;
	ebpf_consume(collector);
	ebpf_read_datagrams(collector);
	/* After a failure, the next call tries again. */
	if (ebpf_emit_clock(collector, step_ns))
		return;
	wall_clock_accept(&collector->clock, step_ns);
	collector->boot_to_unix_ns += (uint64_t)step_ns;
}

/* Attaches or detaches the program for dropped packets (drop_switch.h). Reports if it cannot be
 * attached again, and later that it is attached. */
static void ebpf_switch_drops(struct collector *collector, uint64_t now_ms)
{
	int error = ebpf_programs_switch_drops(collector->programs, now_ms);

	if (error == collector->drops_error)
		return;
	collector->drops_error = error;
	/* The message about the scan stays. ebpf_report_ready follows it. */
	if (!collector->scan_cut_reported)
		ebpf_report_ready(collector);
}

/* Reports once that the helper has ended. */
static void ebpf_check_helper(struct collector *collector)
{
	if (collector->helper_ended || !helper_has_ended(collector->helper))
		return;
	collector->helper_ended = true;
	/* As in ebpf_switch_drops. */
	if (!collector->scan_cut_reported)
		ebpf_report_ready(collector);
}

/* Reports the datagrams and associations since the last call. */
static void ebpf_report_counts(struct collector *collector, uint64_t now_ms)
{
	const struct ebpf_options *options = collector->options;

	collector->next_datagrams_ms =
		now_ms + (options->datagrams_ms ? options->datagrams_ms : DATAGRAMS_MS);
	ebpf_begin_interval(collector, &collector->datagrams_ms, now_ms);
	ebpf_read_datagrams(collector);
	ebpf_read_associations(collector, options->sample_ms > 0 ? SCTP_CHANGED : SCTP_ENDED_ONLY);
	collector->interval_ms = 0;
}

static void ebpf_maintain(struct collector *collector)
{
	uint64_t now = clock_monotonic_ms();
	bool is_due = now >= collector->next_maintenance_ms;

	ebpf_switch_drops(collector, now);
	/* The datagrams of a look-up are reported before its failure. */
	if (now >= collector->next_datagrams_ms ||
	    (is_due && collector->failures &&
	     dns_failures_are_due(collector->failures, ebpf_programs_now(collector->programs))))
		ebpf_report_counts(collector, now);
	if (is_due) {
		collector->next_maintenance_ms = now + MAINTENANCE_MS;
		ebpf_count_lost(collector);
		ebpf_expire_lookups(collector);
		conntrack_expire(collector->conntrack, clock_monotonic_ns());
		ebpf_check_helper(collector);
		if (collector->scan_due && cgroup_table_may_scan(collector->cgroups))
			ebpf_scan_cgroups(collector);
		ebpf_list_again(collector, now);
	}
	if (collector->options->sample_ms > 0 && now >= collector->next_sample_ms) {
		collector->next_sample_ms = now + collector->options->sample_ms;
		ebpf_begin_interval(collector, &collector->sampled_ms, now);
		collector->sampling = true;
		ebpf_programs_iterate(collector->programs, EBPF_SAMPLE_CONNECTIONS, ebpf_on_event,
				      collector);
		collector->sampling = false;
		collector->interval_ms = 0;
	}
}

/* Returns the longest sleep of a collector that has read nothing. Short sleeps follow events, and
 * stay while something is to be done again soon. */
static int ebpf_idle_ms(struct collector *collector)
{
	bool due =
		collector->scan_due || collector->listing.due ||
		(collector->options->datagrams_ms > 0 &&
		 collector->options->datagrams_ms < IDLE_MAX_MS) ||
		(collector->options->sample_ms > 0 && collector->options->sample_ms < IDLE_MAX_MS);
	int sleep_ms = collector->idle_ms && !due ? 2 * collector->idle_ms : IDLE_MS;

	collector->idle_ms = sleep_ms < IDLE_MAX_MS ? sleep_ms : IDLE_MAX_MS;
	return collector->idle_ms;
}

/* Sleeps for BATCH_MS if the collector is busy. Otherwise sleeps until a ring has events, for at
 * most ebpf_idle_ms. */
static void ebpf_wait_for_events(struct collector *collector, bool busy)
{
	struct pollfd waits[] = {
		{.fd = source_stop_fd(collector->source), .events = POLLIN},
		{.fd = collector->clock_fd, .events = POLLIN},
		{.fd = ebpf_programs_fd(collector->programs, EBPF_RING_CGROUPS), .events = POLLIN},
		{.fd = ebpf_programs_fd(collector->programs, EBPF_RING_SOCKETS), .events = POLLIN},
	};

	if (busy)
		collector->idle_ms = 0;
	poll(waits, busy ? 2 : ARRAY_LENGTH(waits), busy ? BATCH_MS : ebpf_idle_ms(collector));
	if (waits[1].revents)
		wall_clock_clear(collector->clock_fd);
}

static void ebpf_collect(struct collector *collector)
{
	while (!source_stopping(collector->source)) {
		ebpf_check_clock(collector);
		int got = ebpf_consume(collector);
		if (got == 0) {
			ebpf_programs_arm(collector->programs, true);
			got = ebpf_consume(collector);
		}
		ebpf_maintain(collector);
		source_flush(collector->source);
		collector->unflushed = 0;
		ebpf_wait_for_events(collector, got != 0);
		ebpf_programs_arm(collector->programs, false);
	}
	ebpf_check_clock(collector);
	/* Also read the events that were in the rings at the stop. */
	collector->rest = ebpf_programs_capacity(collector->programs);
	ebpf_consume(collector);
	ebpf_read_datagrams(collector);
	ebpf_read_associations(collector, SCTP_ENDED_ONLY);
	if (collector->failures)
		dns_failures_expire(collector->failures, UINT64_MAX);
	ebpf_count_lost(collector);
}

/*
 * Gives the memory that was used during the load back to the kernel.
 *
 * glibc does not do so by itself: it raises M_TRIM_THRESHOLD when a large block is freed.
 * malloc_trim does not shrink the heaps of threads. With a low threshold, freeing a block at the
 * end of the heap shrinks the heap.
 */
static void ebpf_trim_heap(void)
{
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, RELEASE_THRESHOLD);
	/* volatile keeps the compiler from removing the pair. */
	void *volatile block = malloc(RELEASE_BLOCK);
	free(block);
#endif
}

/* Loads and attaches the kernel programs. If only UDP cannot be watched, the collector still
 * watches TCP connections. The hello record lists the hooks in use, so it then lacks the hooks of
 * UDP. */
static int ebpf_load(struct collector *collector, char *message, size_t size)
{
	const struct ebpf_loader_options options = {
		.programs =
			{
				.ring_bytes = collector->options->ring_bytes,
				.mute_by_cgroup = collector->options->mute,
				.avoid_map_iterators = collector->options->avoid_map_iterators,
				.avoid_socket_storage = collector->options->avoid_socket_storage,
				.avoid_kernel_reads = collector->options->avoid_kernel_reads,
			},
		.max_datagram_flows = collector->options->max_datagram_flows,
		.max_associations = collector->options->max_associations,
		.avoid_udp_task = collector->options->avoid_udp_task,
	};
	struct ebpf_loaded loaded = {0};
	int error = ebpf_loader_run(&options, &loaded, message, size);

	collector->programs = loaded.programs;
	collector->udp = loaded.udp;
	collector->udp_error = loaded.udp_error;
	memcpy(collector->udp_message, loaded.udp_message, sizeof(collector->udp_message));
	return error;
}

/* Attaches the live programs before the backfill, so that no connection is missed. If both see the
 * same connection, its mark in the socket storage makes them report it once. */
static int ebpf_start_collecting(struct collector *collector, char *message, size_t size)
{
	/* A binary with file capabilities uses none of them before this. */
	int error = capabilities_use(UINT64_MAX);

	if (!error)
		error = ebpf_load(collector, message, size);
	if (!error)
		error = cgroup_table_new(NULL, NULL, &collector->cgroups);
	if (error)
		return error;

	if (collector->options->mute)
		atomic_store(&collector->mute_fd, ebpf_programs_mute_fd(collector->programs));
	/* Without conntrack, flows lack the values that address translation hides. That is not a
	 * failure. */
	collector->conntrack = conntrack_open(collector->helper, &error);
	collector->node_netns = ebpf_read_node_netns();
	ebpf_open_clock(collector);
	ebpf_start_dns(collector);
	ebpf_trim_heap();
	ebpf_emit_hello(collector);
	ebpf_emit_node(collector);
	ebpf_emit_service_range(collector);
	ebpf_scan_cgroups(collector);
	source_flush(collector->source);
	if (!collector->options->skip_backfill) {
		ebpf_programs_iterate(collector->programs, EBPF_BACKFILL_LISTENERS, ebpf_on_event,
				      collector);
		ebpf_programs_iterate(collector->programs, EBPF_BACKFILL_CONNECTIONS, ebpf_on_event,
				      collector);
	}
	cgroup_table_set_helper(collector->cgroups, collector->helper);
	return sandbox_enter(SANDBOX_KERNEL,
			     SANDBOX_WATCHES | (collector->conntrack ? SANDBOX_CONNTRACK : 0));
}

static void ebpf_run_collector(struct source *source, void *data)
{
	struct collector *collector = data;
	char message[SOURCE_MESSAGE_SIZE] = "";

	collector->source = source;
	int error = ebpf_start_collecting(collector, message, sizeof(message));
	if (error) {
		source_set_health(source, SOURCE_BROKEN, error, "%s", message);
	} else {
		if (!collector->scan_cut_reported)
			ebpf_report_ready(collector);
		ebpf_collect(collector);
	}
	cgroup_table_free(collector->cgroups);
	collector->cgroups = NULL;
	ring_losses_clear(&collector->losses);
	drop_reasons_close(collector->drop_reasons);
	collector->drop_reasons = NULL;
	conntrack_close(collector->conntrack);
	collector->conntrack = NULL;
	udp_close(collector->udp);
	collector->udp = NULL;
	dns_lookups_free(collector->lookups);
	collector->lookups = NULL;
	dns_streams_free(collector->streams);
	collector->streams = NULL;
	dns_failures_free(collector->failures);
	collector->failures = NULL;
	ebpf_programs_close(collector->programs);
	collector->programs = NULL;
	if (collector->clock_fd >= 0)
		close(collector->clock_fd);
	collector->clock_fd = -1;
}

static void ebpf_free_collector(void *data)
{
	struct collector *collector = data;
	int mute_fd = atomic_load(&collector->mute_fd);

	if (mute_fd >= 0)
		close(mute_fd);
	helper_end(collector->helper);
	free(collector->node);
	free(collector->options);
	free(collector);
}

int ebpf_source_start(const struct ebpf_options *options, struct source **out)
{
	static const struct source_operations operations = {
		.label = "kernel",
		.run = ebpf_run_collector,
		.free_data = ebpf_free_collector,
		.enters_sandbox = true,
	};
	struct collector *collector = calloc(1, sizeof(*collector));
	struct utsname system;

	if (!collector)
		return -ENOMEM;
	atomic_init(&collector->mute_fd, -1);
	collector->clock_fd = -1;
	if (options && options->clock)
		collector->clock = *options->clock;
	else
		wall_clock_open(&collector->clock, NULL);
	collector->options = calloc(1, sizeof(*collector->options));
	if (collector->options && options)
		*collector->options = *options;
	uname(&system);
	collector->node = strdup(options && options->node ? options->node : system.nodename);
	if (!collector->options || !collector->node) {
		ebpf_free_collector(collector);
		return -ENOMEM;
	}
	/* Without capabilities, the helper could do nothing. The collector works without it. */
	int error = helper_start(&collector->helper);
	if (error && error != -EPERM) {
		ebpf_free_collector(collector);
		return error;
	}
	return source_start_new(&operations, collector, out);
}

struct helper *ebpf_source_helper(struct source *source)
{
	const struct collector *collector = source_data(source);

	return collector->helper;
}

void ebpf_source_mute(struct source *source, uint64_t cgroup_id)
{
	struct collector *collector = source_data(source);
	int mute_fd = atomic_load(&collector->mute_fd);

	if (mute_fd >= 0)
		ebpf_mute(mute_fd, cgroup_id);
}
