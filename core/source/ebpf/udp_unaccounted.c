/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/udp_unaccounted.h"

#include <stdbool.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/flow_event.h"
#include "core/base/array.h"
#include "core/base/hash.h"

struct udp_cgroup {
	uint64_t id;
	uint64_t first_ns;      /* time of the reading that found it first */
	struct udp_total total; /* as it was at the last reading */
	/* FLOW_EVENT_EGRESS if the first reading found datagrams that the cgroup had sent. */
	uint8_t direction;
};

void udp_unaccounted_clear(struct udp_unaccounted *unaccounted)
{
	free(unaccounted->items);
	*unaccounted = (struct udp_unaccounted){0};
}

/* Returns the cgroup with this id, which is new if it has no total; NULL: out of memory. */
static struct udp_cgroup *udp_unaccounted_get(struct udp_unaccounted *unaccounted, uint64_t id)
{
	for (size_t i = 0; i < unaccounted->count; i++) {
		if (unaccounted->items[i].id == id)
			return &unaccounted->items[i];
	}
	struct udp_cgroup *added =
		ARRAY_ADD(unaccounted->items, unaccounted->count, unaccounted->capacity);
	if (added)
		*added = (struct udp_cgroup){.id = id};
	return added;
}

/* Calls back if the numbers of a cgroup have changed. */
static void udp_unaccounted_report(struct udp_cgroup *cgroup, const struct udp_total *total,
				   udp_callback *callback, void *data)
{
	uint64_t sent = total->sent - cgroup->total.sent;
	uint64_t received = total->received - cgroup->total.received;
	const struct udp_row row = {
		.cgroup_id = cgroup->id,
		.first_ns = cgroup->first_ns,
		.direction = cgroup->direction,
		.is_connected = 1,
	};
	struct udp_service none = {.port = 0};
	const struct udp_change change = {
		.row = &row,
		.id = hash_add(hash_add(hash_seed(), cgroup->id), cgroup->first_ns),
		.count = UDP_SUM_COUNT(sent) + UDP_SUM_COUNT(received),
		.tx_bytes = UDP_SUM_BYTES(sent),
		.rx_bytes = UDP_SUM_BYTES(received),
		.is_first = !cgroup->total.sent && !cgroup->total.received,
		.is_unaccounted = true,
		.service = &none,
	};

	cgroup->total = *total;
	if (sent || received)
		callback(data, &change);
}

size_t udp_unaccounted_read(struct udp_unaccounted *unaccounted, const struct bpf_map *map,
			    uint64_t now_ns, udp_callback *callback, void *data)
{
	uint32_t rest = bpf_map__max_entries(map);
	int fd = bpf_map__fd(map);
	struct udp_total total;
	uint64_t id = 0;
	bool begun = false;
	size_t failed = 0;

	/* The map has no entry unless datagrams were lost, so this mostly costs one system call. */
	while (rest-- > 0 && !bpf_map_get_next_key(fd, begun ? &id : NULL, &id)) {
		begun = true;
		if (bpf_map_lookup_elem(fd, &id, &total))
			continue;
		struct udp_cgroup *cgroup = udp_unaccounted_get(unaccounted, id);
		if (!cgroup) {
			failed++;
			continue;
		}
		if (cgroup->first_ns == 0) {
			cgroup->first_ns = now_ns;
			cgroup->direction = total.sent ? FLOW_EVENT_EGRESS : FLOW_EVENT_INGRESS;
		}
		udp_unaccounted_report(cgroup, &total, callback, data);
	}
	return failed;
}
