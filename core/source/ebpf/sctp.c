/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/sctp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"

/* Programs may still find an association that ended less than this long ago, for late packets. */
#define LATE_NS NS_PER_SECOND
/* A cookie that nobody confirms is older than this only if it was not valid: the kernel's cookies
 * live for 60 s (net.sctp.valid_cookie_life). */
#define COOKIE_NS (90 * NS_PER_SECOND)
/* The kernel sends an INIT again after at most 60 s (net.sctp.rto_max). If it has not done so for
 * this long, it has given the attempt up. */
#define ATTEMPT_NS (120 * NS_PER_SECOND)

static void sctp_delete_tag(const struct sctp_maps *maps, const struct sctp_row *row, uint32_t tag,
			    uint32_t is_sent)
{
	const struct sctp_tag key = {tag, row->local_port, row->peer_port, is_sent};
	uint64_t id;

	/* Another association may have the tag since. */
	if (tag && !bpf_map_lookup_elem(bpf_map__fd(maps->tags), &key, &id) && id == row->id)
		bpf_map_delete_elem(bpf_map__fd(maps->tags), &key);
}

static void sctp_delete(const struct sctp_maps *maps, const struct sctp_row *row)
{
	sctp_delete_tag(maps, row, row->own_tag, 0);
	sctp_delete_tag(maps, row, row->peer_tag, 1);
	bpf_map_delete_elem(bpf_map__fd(maps->rows), &row->id);
}

/* Returns whether an association has ended, or never began. */
static bool sctp_is_over(const struct sctp_row *row, uint64_t silent_ns)
{
	switch (row->state) {
	case SCTP_ATTEMPT:
		return silent_ns > ATTEMPT_NS;
	case SCTP_COOKIE:
		return silent_ns > COOKIE_NS;
	case SCTP_ENDED:
		return silent_ns > LATE_NS;
	default:
		return false;
	}
}

static bool sctp_is_chosen(const struct sctp_row *row, enum sctp_choice choice, uint64_t last_ns)
{
	return row->state == SCTP_OPEN &&
	       (choice == SCTP_ALL_OPEN || (choice == SCTP_CHANGED && row->last_ns > last_ns));
}

void sctp_read(const struct sctp_maps *maps, enum sctp_choice choice, uint64_t last_ns,
	       uint64_t now_ns, sctp_callback *callback, void *data)
{
	struct sctp_event event = {.kind = RING_EVENT_SCTP, .time_ns = now_ns};
	const struct sctp_row *row = &event.row;
	uint32_t rest = bpf_map__max_entries(maps->rows);
	int fd = bpf_map__fd(maps->rows);
	uint64_t next;
	bool found = !bpf_map_get_next_key(fd, NULL, &next);

	while (found && rest-- > 0) {
		uint64_t id = next;
		found = !bpf_map_get_next_key(fd, &id, &next);
		if (bpf_map_lookup_elem(fd, &id, &event.row))
			continue;
		/* Packets may have come since now_ns. */
		uint64_t silent_ns = now_ns > row->last_ns ? now_ns - row->last_ns : 0;
		bool attempt = row->state == SCTP_ATTEMPT;
		if (sctp_is_over(row, silent_ns)) {
			sctp_delete(maps, row);
			event.step = RING_EVENT_FAILED;
			event.error = ETIMEDOUT;
			if (attempt)
				callback(data, &event);
		} else if (sctp_is_chosen(row, choice, last_ns)) {
			event.step = RING_EVENT_OPEN;
			event.error = 0;
			callback(data, &event);
		}
	}
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
