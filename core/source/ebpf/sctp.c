/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/sctp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"

/* Programs may still find an association that ended less than this long ago: for late packets, and
 * for those that show that the kernel has not ended it (sctp_reopen in bpf/sctp.h). */
#define LATE_NS (3 * NS_PER_SECOND)
/* By default, the kernel sends an INIT again after at most 60 s (net.sctp.rto_max). If it has not
 * done so for this long, it has given the attempt up. */
#define ATTEMPT_NS (120 * NS_PER_SECOND)
/* The kernel at most doubles the time between two INITs. GAP_REST_NS allows for a busy CPU. */
#define GAP_FACTOR  2
#define GAP_REST_NS NS_PER_SECOND
/* The time that the kernel waits for an answer to the first INIT (net.sctp.rto_initial). */
#define PATIENCE_NS (3 * NS_PER_SECOND)

struct sctp_closing {
	uint64_t socket;
	uint64_t time_ns;
};

/* The sockets that were closed since the previous reading, sorted. */
struct sctp_closings {
	struct sctp_closing *items;
	size_t count;
	size_t capacity;
};

static void sctp_delete_tag(const struct sctp_maps *maps, const struct sctp_row *row, uint32_t tag,
			    uint32_t is_sent)
{
	const struct sctp_tag key = {tag, row->local_port, row->peer_port, is_sent};
	uint64_t id;

	/* By now, another association may have the tag. */
	if (tag && !bpf_map_lookup_elem(bpf_map__fd(maps->tags), &key, &id) && id == row->id)
		bpf_map_delete_elem(bpf_map__fd(maps->tags), &key);
}

static void sctp_delete(const struct sctp_maps *maps, const struct sctp_row *row)
{
	sctp_delete_tag(maps, row, row->own_tag, 0);
	sctp_delete_tag(maps, row, row->peer_tag, 1);
	if (!bpf_map_delete_elem(bpf_map__fd(maps->rows), &row->id))
		__atomic_fetch_sub(&maps->used[CGROUP_PLACE(row->cgroup_id)], 1, __ATOMIC_RELAXED);
}

bool sctp_is_over(const struct sctp_row *row, uint64_t silent_ns)
{
	uint64_t gap_ns = row->init_gap_ns * GAP_FACTOR + GAP_REST_NS;

	switch (row->state) {
	case SCTP_ATTEMPT:
		return silent_ns > ATTEMPT_NS && silent_ns > gap_ns;
	case SCTP_ENDED:
		return silent_ns > LATE_NS;
	default:
		return false;
	}
}

int sctp_close_error(const struct sctp_row *row, uint64_t silent_ns)
{
	/* The kernel waits for the last answer at least as long as between the last two INITs. */
	uint64_t patience_ns = row->init_gap_ns ? row->init_gap_ns : PATIENCE_NS;

	return silent_ns < patience_ns ? 0 : ETIMEDOUT;
}

static int sctp_compare_closings(const void *a, const void *b)
{
	uint64_t left = ((const struct sctp_closing *)a)->socket;
	uint64_t right = ((const struct sctp_closing *)b)->socket;

	return left < right ? -1 : left > right;
}

/* Empties the map of closed sockets. Entries for which there is no memory stay in the map until the
 * next reading. */
static void sctp_read_closings(const struct sctp_maps *maps, struct sctp_closings *closings)
{
	uint32_t rest = bpf_map__max_entries(maps->closed);
	int fd = bpf_map__fd(maps->closed);
	struct sctp_closing closing;

	while (rest-- > 0 && !bpf_map_get_next_key(fd, NULL, &closing.socket)) {
		if (!bpf_map_lookup_elem(fd, &closing.socket, &closing.time_ns)) {
			struct sctp_closing *place =
				ARRAY_ADD(closings->items, closings->count, closings->capacity);
			if (!place)
				break;
			*place = closing;
		}
		bpf_map_delete_elem(fd, &closing.socket);
	}
	if (closings->count > 0)
		qsort(closings->items, closings->count, sizeof(*closings->items),
		      sctp_compare_closings);
}

/* Returns the time at which the socket was closed; 0: it is not in `closings`. */
static uint64_t sctp_find_closing(const struct sctp_closings *closings, uint64_t socket)
{
	const struct sctp_closing key = {.socket = socket};

	if (closings->count == 0)
		return 0;
	const struct sctp_closing *found =
		bsearch(&key, closings->items, closings->count, sizeof(key), sctp_compare_closings);
	return found ? found->time_ns : 0;
}

static uint64_t sctp_since(uint64_t now_ns, uint64_t then_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}

/* Fills in the end of an attempt. Returns false if the attempt goes on. */
static bool sctp_end_attempt(const struct sctp_closings *closings, struct sctp_event *event,
			     uint64_t now_ns)
{
	const struct sctp_row *row = &event->row;
	uint64_t closed_ns = sctp_find_closing(closings, row->socket);

	if (!closed_ns && !sctp_is_over(row, sctp_since(now_ns, row->last_ns)))
		return false;
	event->step = RING_EVENT_FAILED;
	event->time_ns = closed_ns ? closed_ns : now_ns;
	event->error = closed_ns
			       ? (uint8_t)sctp_close_error(row, sctp_since(closed_ns, row->last_ns))
			       : ETIMEDOUT;
	return true;
}

/* Fills in the present state of an association. Returns false if it is not chosen. */
static bool sctp_list(enum sctp_choice choice, uint64_t last_ns, uint64_t now_ns,
		      struct sctp_event *event)
{
	const struct sctp_row *row = &event->row;
	bool attempt = row->state == SCTP_ATTEMPT;

	event->step = RING_EVENT_OPEN;
	event->time_ns = now_ns;
	event->error = 0;
	if (row->state == SCTP_ENDED)
		return false;
	return choice == SCTP_ALL || (choice == SCTP_CHANGED && !attempt && row->last_ns > last_ns);
}

void sctp_read(const struct sctp_maps *maps, enum sctp_choice choice, uint64_t last_ns,
	       uint64_t now_ns, sctp_callback *callback, void *data)
{
	struct sctp_event event = {.kind = RING_EVENT_SCTP};
	struct sctp_row *row = &event.row;
	struct sctp_closings closings = {0};
	uint32_t rest = bpf_map__max_entries(maps->rows);
	int fd = bpf_map__fd(maps->rows);
	uint64_t next;

	sctp_read_closings(maps, &closings);
	bool found = !bpf_map_get_next_key(fd, NULL, &next);
	while (found && rest-- > 0) {
		uint64_t id = next;
		found = !bpf_map_get_next_key(fd, &id, &next);
		if (bpf_map_lookup_elem(fd, &id, row))
			continue;
		if (row->state == SCTP_ATTEMPT && sctp_end_attempt(&closings, &event, now_ns)) {
			sctp_delete(maps, row);
			callback(data, &event);
		} else if (sctp_is_over(row, sctp_since(now_ns, row->last_ns))) {
			sctp_delete(maps, row);
		} else if (sctp_list(choice, last_ns, now_ns, &event)) {
			callback(data, &event);
		}
	}
	free(closings.items);
}

static bool sctp_has_line(const char *path, bool (*matches)(const char *line))
{
	CLEANUP_FREE char *line = NULL;
	size_t size = 0;
	bool found = false;
	FILE *file = fopen(path, "re");

	while (file && !found && getline(&line, &size, file) >= 0)
		found = matches(line);
	if (file)
		fclose(file);
	return found;
}

static bool sctp_is_protocol(const char *line)
{
	return strncmp(line, "SCTP ", strlen("SCTP ")) == 0;
}

/* A line of modules.dep is the path of a module, a colon, and the modules that it needs. */
static bool sctp_is_module(const char *line)
{
	static const char name[] = "/sctp.ko";
	const char *end = strchr(line, ':');
	const char *found = strstr(line, name);

	return found && end && found < end;
}

enum sctp_presence sctp_find_support(const char *protocols, const char *modules)
{
	if (sctp_has_line(protocols, sctp_is_protocol))
		return SCTP_LOADED;
	return sctp_has_line(modules, sctp_is_module) ? SCTP_NOT_LOADED : SCTP_ABSENT;
}

enum sctp_presence sctp_find_support_here(void)
{
	char modules[sizeof(struct utsname) + sizeof("/lib/modules//modules.dep")];
	struct utsname system;

	uname(&system);
	snprintf(modules, sizeof(modules), "/lib/modules/%s/modules.dep", system.release);
	return sctp_find_support("/proc/net/protocols", modules);
}
