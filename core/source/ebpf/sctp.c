/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/sctp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

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

bool sctp_is_loaded(void)
{
	char line[256];
	bool found = false;
	FILE *file = fopen("/proc/net/protocols", "re");

	while (file && !found && fgets(line, sizeof(line), file))
		found = strncmp(line, "SCTP ", strlen("SCTP ")) == 0;
	if (file)
		fclose(file);
	return found;
}
