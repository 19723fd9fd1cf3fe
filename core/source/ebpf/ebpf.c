/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/timestamp.h"
#include "core/source/ebpf/cgroup_path.h"
#include "core/source/ebpf/cgroup_scan.h"
#include "core/source/ebpf/ebpf_convert.h"
#include "core/source/ebpf/ebpf_programs.h"
#include "core/source/ebpf/host.h"

/* While events come, the ring is read this often instead of at every event: a wake-up costs the
 * traced task. */
#define BATCH_MS 10
/* An idle collector looks around this often: a lost wake-up must not hide an event for longer. */
#define IDLE_MS 200
/* The main loop is woken at least every so many records of one long batch. */
#define FLUSH_EVERY 1024
/* How often what the kernel lost, and the clocks' difference, are read. */
#define HOUSEKEEPING_MS 250

struct collector {
	struct ebpf_options options;
	char *node;
	struct ebpf_programs *programs;
	struct source *source;
	atomic_int mute_fd; /* set by the collector's thread once there is a list, read by the main
			       loop's; -1: none */
	uint64_t boot_to_unix_ns;
	uint64_t lost_told;
	unsigned int unflushed;
	size_t rest; /* of the ring, to be read after the stop; 0: not yet */
	uint64_t next_housekeeping_ms;
	uint64_t next_sample_ms;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static uint64_t now_ms(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/* The wall clock may be set while polecat runs, hence again and again. */
static void read_clocks(struct collector *collector)
{
	collector->boot_to_unix_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
}

/* A cgroup that is a container's becomes a container record; all others say nothing that a flow
 * would need. */
static int on_cgroup(uint64_t cgroup_id, const char *path, void *data)
{
	struct collector *collector = data;
	struct record record = {.kind = RECORD_CONTAINER};
	int error = cgroup_container_record(path, cgroup_id, &record.container);

	if (!error)
		source_emit(collector->source, &record);
	else if (error != -ENOENT)
		source_count_lost(collector->source, LOST_MEMORY, 1);
	return 0;
}

static void on_cgroup_event(struct collector *collector, const struct cgroup_event *event,
			    size_t size)
{
	char path[CGROUP_EVENT_PATH_LEN];

	if (size < sizeof(*event))
		return;
	memcpy(path, event->path, sizeof(path));
	path[sizeof(path) - 1] = '\0';
	on_cgroup(event->id, path, collector);
}

/* After every record. A flood must not keep the thread from ending: the rest of the ring is what
 * it can hold. */
static int pace(struct collector *collector)
{
	if (collector->rest > 0 && --collector->rest == 0)
		return -ECANCELED;
	if (++collector->unflushed < FLUSH_EVERY)
		return 0;
	collector->unflushed = 0;
	source_flush(collector->source);
	return collector->rest == 0 && source_stopping(collector->source) ? -ECANCELED : 0;
}

static int on_event(void *data, void *event, size_t size)
{
	struct collector *collector = data;
	struct record record;
	uint8_t kind = *(const uint8_t *)event;

	if (kind == RING_EVENT_CGROUP_MKDIR)
		on_cgroup_event(collector, event, size);
	else if (size >= sizeof(struct flow_event) &&
		 !ebpf_convert_flow(event, collector->boot_to_unix_ns, &record))
		source_emit(collector->source, &record);
	return pace(collector);
}

static void emit_hello(struct collector *collector)
{
	struct utsname system;
	struct hello_record *hello = calloc(1, sizeof(*hello));
	struct record record = {.kind = RECORD_HELLO, .hello = hello};

	if (!hello || uname(&system) < 0) {
		free(hello);
		source_count_lost(collector->source, LOST_MEMORY, 1);
		return;
	}
	hello->node = strdup(collector->node ? collector->node : system.nodename);
	hello->kernel = strdup(system.release);
	hello->polecat = strdup(POLECAT_VERSION);
	hello->started_ns = clock_ns(CLOCK_REALTIME);
	for (const char *const *hook = ebpf_programs_hooks(collector->programs); *hook; hook++)
		string_list_add(&hello->hooks, *hook);
	source_emit(collector->source, &record);
}

/* This machine's own addresses: what comes from them, or goes there, is the node and not some
 * stranger. */
static void emit_node(struct collector *collector)
{
	struct utsname system;
	struct record record = {.kind = RECORD_NODE};

	if (uname(&system) < 0 ||
	    host_node_record(collector->node ? collector->node : system.nodename, &record.node))
		return;
	source_emit(collector->source, &record);
}

static void tell_lost(struct collector *collector)
{
	uint64_t lost = collector->lost_told;

	/* Told the next time, if it cannot be read now. */
	(void)ebpf_programs_lost(collector->programs, &lost);
	source_count_lost(collector->source, LOST_KERNEL, lost - collector->lost_told);
	collector->lost_told = lost;
}

static void keep_house(struct collector *collector)
{
	uint64_t now = now_ms();

	if (now >= collector->next_housekeeping_ms) {
		collector->next_housekeeping_ms = now + HOUSEKEEPING_MS;
		read_clocks(collector);
		tell_lost(collector);
	}
	if (collector->options.sample_ms > 0 && now >= collector->next_sample_ms) {
		collector->next_sample_ms = now + collector->options.sample_ms;
		ebpf_programs_iterate(collector->programs, EBPF_SAMPLE_CONNECTIONS, on_event,
				      collector);
	}
}

/* Sleeps until there may be something to do: at most IDLE_MS, or the rest of a batch. */
static void wait_for_events(struct collector *collector, bool busy)
{
	struct pollfd waits[] = {
		{.fd = source_stop_fd(collector->source), .events = POLLIN},
		{.fd = ebpf_programs_fd(collector->programs), .events = POLLIN},
	};

	if (busy)
		poll(waits, 1, BATCH_MS);
	else
		poll(waits, 2, IDLE_MS);
}

static void collect(struct collector *collector)
{
	while (!source_stopping(collector->source)) {
		int got = ebpf_programs_consume(collector->programs);
		if (got == 0) {
			ebpf_programs_arm(collector->programs, true);
			got = ebpf_programs_consume(collector->programs);
		}
		keep_house(collector);
		source_flush(collector->source);
		collector->unflushed = 0;
		wait_for_events(collector, got != 0);
		ebpf_programs_arm(collector->programs, false);
	}
	/* What happened before the stop belongs to the run. */
	collector->rest = ebpf_programs_capacity(collector->programs);
	ebpf_programs_consume(collector->programs);
	tell_lost(collector);
}

/* Attaches first and looks around second, so that nothing falls between; what both saw is told
 * once, by its socket. */
static int start_collecting(struct collector *collector, char *message, size_t size)
{
	const struct ebpf_load_options load = {
		.ring_bytes = collector->options.ring_bytes,
		.mute_by_cgroup = collector->options.mute,
		.avoid_map_iterators = collector->options.avoid_map_iterators,
	};
	int error =
		ebpf_programs_load(&load, on_event, collector, &collector->programs, message, size);
	if (!error)
		error = ebpf_programs_attach(collector->programs, message, size);
	if (error)
		return error;

	if (collector->options.mute)
		atomic_store(&collector->mute_fd, ebpf_programs_mute_fd(collector->programs));
	read_clocks(collector);
	emit_hello(collector);
	emit_node(collector);
	/* Without a cgroup v2 mount in sight there are flows without containers: nothing to fail
	 * for. */
	cgroup_scan(NULL, NULL, on_cgroup, collector);
	source_flush(collector->source);
	if (!collector->options.skip_backfill) {
		ebpf_programs_iterate(collector->programs, EBPF_BACKFILL_LISTENERS, on_event,
				      collector);
		ebpf_programs_iterate(collector->programs, EBPF_BACKFILL_CONNECTIONS, on_event,
				      collector);
	}
	return 0;
}

static void run_collector(struct source *source, void *data)
{
	struct collector *collector = data;
	char message[SOURCE_MESSAGE_SIZE] = "";

	collector->source = source;
	int error = start_collecting(collector, message, sizeof(message));
	if (error) {
		source_set_health(source, SOURCE_BROKEN, error, "%s", message);
	} else {
		source_set_health(source, SOURCE_READY, 0, "%s", "");
		collect(collector);
	}
	ebpf_programs_close(collector->programs);
	collector->programs = NULL;
}

static void free_collector(void *data)
{
	struct collector *collector = data;
	int mute_fd = atomic_load(&collector->mute_fd);

	if (mute_fd >= 0)
		close(mute_fd);
	free(collector->node);
	free(collector);
}

int ebpf_source_start(const struct ebpf_options *options, struct source **out)
{
	static const struct source_operations operations = {
		.label = "kernel",
		.run = run_collector,
		.free_data = free_collector,
	};
	struct collector *collector = calloc(1, sizeof(*collector));
	struct source *source;

	if (!collector)
		return -ENOMEM;
	atomic_init(&collector->mute_fd, -1);
	if (options)
		collector->options = *options;
	collector->options.node = NULL;
	if (options && options->node && !(collector->node = strdup(options->node))) {
		free_collector(collector);
		return -ENOMEM;
	}
	int error = source_new(&operations, collector, &source);
	if (error)
		return error;
	error = source_start(source);
	if (error) {
		source_free(source);
		return error;
	}
	*out = source;
	return 0;
}

void ebpf_source_mute(struct source *source, uint64_t cgroup_id)
{
	struct collector *collector = source_data(source);
	int mute_fd = atomic_load(&collector->mute_fd);

	if (mute_fd >= 0)
		ebpf_mute(mute_fd, cgroup_id);
}
