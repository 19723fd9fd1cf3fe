/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/udp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/flow_event.h"
#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/base/memory.h"
#include "core/source/ebpf/cgroup_scan.h"
#include "core/source/ebpf/kernel_btf.h"
#include "core/source/ebpf/privileges.h"
#include "core/source/ebpf/socket_cast.h"
#include "core/source/ebpf/udp_unaccounted.h"
#include "udp.skel.h"

/* The number of rows that one system call reads from the map. */
#define BATCH_ROWS 512

/* The value of udp_entry.place for a row in the map udp_more, not in the table udp_rows
 * (bpf/udp_rows.h). */
#define IN_MAP UINT32_MAX

/* If a cgroup has used 3/4 of the rows that it may have in the table or the map, its rows there
 * that were idle for this many readings are freed. A row that is added again begins a new flow
 * (udp_flow_id). */
#define IDLE_READINGS 60

/* A row of the table or the map, as it was last read, and its flow. */
struct udp_entry {
	struct udp_row row; /* as it was at the last reading */
	uint64_t id;
	uint64_t count; /* totals of all readings so far */
	uint64_t tx_bytes;
	uint64_t rx_bytes;
	uint32_t place;     /* index in the table, or IN_MAP */
	uint32_t idle;      /* readings without a change */
	uint32_t next_free; /* if this entry is free: the next free one, or HASH_INDEX_NONE */
	uint32_t sender;    /* the entry of the flow that this row's datagrams answer; else NONE */
	struct udp_service service;
	bool is_in_use;
	bool is_reported; /* a change was reported */
};

/* sctp_tags has more room than the two tags of each association in sctp_rows. */
#define TAGS_PER_ROW 4

struct udp_closed {
	uint64_t socket;
	uint64_t closed_ns;
};

struct udp_deferred {
	struct udp_row row;
	uint32_t place;
};

struct udp {
	const struct kernel_btf *types; /* not owned; used until the programs are loaded */
	struct udp_bpf *skeleton;       /* NULL: not open */
	bool avoids_cast;               /* do not call bpf_rdonly_cast (bpf/socket_cast.h) */
	int dns_error; /* -errno if the programs that send DNS messages cannot be loaded, else 0 */
	size_t max_flows;
	struct hash_index index;    /* of entries in use, by key and place */
	struct hash_index services; /* of entries with a service, by socket and service */
	struct udp_entry *entries;
	size_t count;
	size_t capacity;
	uint32_t free_list; /* the first free entry; HASH_INDEX_NONE: none */
	/* The sockets that the present reading found closed. */
	struct udp_closed *closed;
	size_t closed_count;
	size_t closed_capacity;
	/* New rows of the present reading that may be answers (udp_may_answer). */
	struct udp_deferred *deferred;
	size_t deferred_count;
	size_t deferred_capacity;
	struct udp_unaccounted unaccounted;
	uint64_t associations_ns; /* time of the last reading of SCTP associations */
	bool defers;              /* the present reading has rows that it has not read yet */
	size_t failed; /* rows of the present reading that got no entry for lack of memory */
	udp_callback *callback;
	void *data;
	/* Indices of the table that the last reading found claimed but without a row. */
	bool empty_claims[UDP_ROWS];
	struct udp_key batch_keys[BATCH_ROWS];
	struct udp_row batch_rows[BATCH_ROWS];
};

/* --- load and attach --- */

/* The DNS messages that the programs send. */
enum udp_dns {
	UDP_DNS_NONE,
	UDP_DNS_DATAGRAMS,
	UDP_DNS_ALL, /* also over TCP */
};

/* Opens the programs, unless they are open. Returns 0 or -errno. */
static int udp_open_skeleton(struct udp *udp)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, open,
			    .btf_custom_path = kernel_btf_path(udp->types));

	if (!udp->skeleton)
		udp->skeleton = udp_bpf__open_opts(&open);
	return udp->skeleton ? 0 : -errno;
}

/* Returns a random number for the ids of SCTP associations. */
static uint64_t udp_id_base(void)
{
	uint64_t base = 0;

	if (getrandom(&base, sizeof(base), GRND_NONBLOCK) < 0)
		base = (uint64_t)getpid() << 48;
	return base;
}

/* Lets the programs for packets read a socket's cookie without a helper call, if this kernel can.
 * Returns 0 or -errno. */
static int udp_allow_cast(struct udp *udp)
{
	uint32_t type = udp->avoids_cast ? 0 : socket_cast_find(udp->types);

	if (!type)
		return 0;
	int error = socket_cast_set(udp->types, udp->skeleton->progs.udp_egress);
	if (!error)
		error = socket_cast_set(udp->types, udp->skeleton->progs.udp_ingress);
	udp->skeleton->rodata->udp_cast_type = type;
	return error;
}

/* Sets the sizes of the maps. */
static void udp_size_maps(const struct udp_bpf *skeleton, const struct udp_options *options)
{
	if (options->max_flows > 0)
		bpf_map__set_max_entries(skeleton->maps.udp_more, (uint32_t)options->max_flows);
	if (options->max_associations > 0) {
		uint32_t rows = (uint32_t)options->max_associations;
		bpf_map__set_max_entries(skeleton->maps.sctp_rows, rows);
		bpf_map__set_max_entries(skeleton->maps.sctp_tags, TAGS_PER_ROW * rows);
		bpf_map__set_max_entries(skeleton->maps.sctp_closed, rows);
	}
	skeleton->rodata->udp_more_max = (int32_t)bpf_map__max_entries(skeleton->maps.udp_more);
	/* One cgroup cannot take the rows of all others. */
	skeleton->rodata->sctp_cgroup_rows_max = bpf_map__max_entries(skeleton->maps.sctp_rows) / 2;
}

/* Returns 0, or -errno without a skeleton. */
static int udp_load(struct udp *udp, const struct udp_options *options, enum udp_dns dns)
{
	int error = udp_open_skeleton(udp);

	if (error)
		return error;
	struct udp_bpf *skeleton = udp->skeleton;
	skeleton->rodata->udp_sees_task = options->kernel.sees_task_in_cgroups;
	skeleton->rodata->has_socket_storage = options->kernel.has_socket_storage;
	skeleton->rodata->reads_kernel = options->kernel.reads_kernel;
	skeleton->rodata->connection_id_base = udp_id_base();
	skeleton->rodata->ring_bytes = options->ring_bytes;
	skeleton->rodata->dns_wanted = dns != UDP_DNS_NONE;
	skeleton->rodata->dns_wants_segments = dns == UDP_DNS_ALL;
	bpf_program__set_autoload(skeleton->progs.udp_backfill, options->kernel.has_socket_storage);
	bpf_map__set_autocreate(skeleton->maps.sockets, options->sockets_fd >= 0);
	/* Only programs for TCP use this map, which comes from a shared header. */
	bpf_map__set_autocreate(skeleton->maps.socket_infos, false);
	udp_size_maps(skeleton, options);
	error = udp_allow_cast(udp);
	if (!error)
		error = bpf_map__reuse_fd(skeleton->maps.counters, options->counters_fd);
	if (!error)
		error = bpf_map__reuse_fd(skeleton->maps.ring, options->ring_fd);
	if (!error)
		error = bpf_map__reuse_fd(skeleton->maps.ring_shares, options->shares_fd);
	if (!error && options->sockets_fd >= 0)
		error = bpf_map__reuse_fd(skeleton->maps.sockets, options->sockets_fd);
	if (!error)
		error = kernel_btf_set_hooks(udp->types, skeleton->obj);
	if (!error)
		error = udp_bpf__load(skeleton);
	if (error) {
		udp_bpf__destroy(skeleton);
		udp->skeleton = NULL;
		return error;
	}
	udp->max_flows = bpf_map__max_entries(skeleton->maps.udp_more);
	return 0;
}

/* Loads the programs without bpf_rdonly_cast if the kernel refuses them with it. */
static int udp_load_with_cast(struct udp *udp, const struct udp_options *options, enum udp_dns dns)
{
	udp->avoids_cast = !options->kernel.reads_kernel || !socket_cast_find(udp->types);
	int error = udp_load(udp, options, dns);

	if (!error || error == -EPERM || udp->avoids_cast)
		return error;
	udp->avoids_cast = true;
	return udp_load(udp, options, dns);
}

/* Loads the programs without DNS over TCP, or without DNS, if the kernel refuses them. */
static int udp_load_any(struct udp *udp, const struct udp_options *options)
{
	int error = udp_load_with_cast(udp, options, UDP_DNS_ALL);

	if (!error || error == -EPERM)
		return error;
	udp->dns_error = error;
	error = udp_load_with_cast(udp, options, UDP_DNS_DATAGRAMS);
	return error ? udp_load_with_cast(udp, options, UDP_DNS_NONE) : 0;
}

/* Finds the owners of the sockets that are open already. If the owner of such a socket is not
 * found, its flows have no process. */
static void udp_find_owners(const struct udp *udp)
{
	char nothing[64];
	CLEANUP_CLOSE int fd = -1;
	struct bpf_link *link;

	if (!bpf_program__autoload(udp->skeleton->progs.udp_backfill))
		return;
	link = bpf_program__attach_iter(udp->skeleton->progs.udp_backfill, NULL);
	if (!link)
		return;
	fd = bpf_iter_create(bpf_link__fd(link));
	while (fd >= 0) {
		ssize_t got = read(fd, nothing, sizeof(nothing));
		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			break;
	}
	bpf_link__destroy(link);
}

static struct bpf_link *udp_attach_program(struct bpf_program *program, int cgroup_fd, int *error)
{
	struct bpf_link *link = *error ? NULL : bpf_program__attach_cgroup(program, cgroup_fd);

	if (!*error && !link)
		*error = -errno;
	return link;
}

/* Attaches the programs for packets last. They copy a socket's owner to its rows, so
 * udp_find_owners must run first. */
static int udp_attach(struct udp *udp)
{
	struct udp_bpf *skeleton = udp->skeleton;
	CLEANUP_CLOSE int cgroup_fd = -1;
	int error = cgroup_scan_open_mount(NULL, NULL, &cgroup_fd, NULL, 0);

	skeleton->links.udp_created =
		udp_attach_program(skeleton->progs.udp_created, cgroup_fd, &error);
	skeleton->links.udp_released =
		udp_attach_program(skeleton->progs.udp_released, cgroup_fd, &error);
	if (error)
		return error;
	udp_find_owners(udp);
	skeleton->links.udp_ingress =
		udp_attach_program(skeleton->progs.udp_ingress, cgroup_fd, &error);
	skeleton->links.udp_egress =
		udp_attach_program(skeleton->progs.udp_egress, cgroup_fd, &error);
	return error;
}

int udp_open(struct kernel_btf *types, struct udp **out)
{
	struct udp *udp = memory_checked(calloc(1, sizeof(*udp)));

	if (!udp)
		return -ENOMEM;
	udp->free_list = HASH_INDEX_NONE;
	udp->types = types;
	int error = udp_open_skeleton(udp);
	if (!error)
		error = kernel_btf_want_object(types, udp->skeleton->obj);
	if (!error)
		error = socket_cast_want(types);
	if (error)
		udp_close(udp);
	else
		*out = udp;
	return error;
}

int udp_start(struct udp *udp, const struct udp_options *options, char *message, size_t size)
{
	const char *step = "load its programs";
	int error = udp_load_any(udp, options);

	if (!error) {
		step = "attach its programs to the root of cgroup v2";
		error = udp_attach(udp);
	}
	if (!error)
		return 0;
	if (error == -EPERM && !privileges_have(PRIVILEGE_NET_ADMIN) &&
	    !privileges_have(PRIVILEGE_SYS_ADMIN))
		snprintf(message, size, "not permitted to %s: missing CAP_NET_ADMIN", step);
	else if (error == -ENOENT && udp->skeleton)
		snprintf(message, size, "cgroup v2 is %s", cgroup_scan_explain_missing(NULL));
	else
		snprintf(message, size, "cannot %s: %s", step, strerror(-error));
	return error;
}

void udp_close(struct udp *udp)
{
	if (!udp)
		return;
	udp_bpf__destroy(udp->skeleton);
	hash_index_clear(&udp->index);
	hash_index_clear(&udp->services);
	free(udp->deferred);
	udp_unaccounted_clear(&udp->unaccounted);
	free(udp->entries);
	free(udp->closed);
	free(udp);
}

const char *const *udp_hooks(const struct udp *udp)
{
	static const char *const hooks[] = {
		"cgroup_skb/egress",
		"cgroup_skb/ingress",
		"cgroup/sock_create",
		"cgroup/sock_release",
		NULL,
	};

	return udp ? hooks : hooks + ARRAY_LENGTH(hooks) - 1;
}

/* --- entries --- */

static uint64_t udp_entry_hash(const struct udp_row *row, uint32_t place)
{
	uint64_t hash = hash_add(hash_seed(), row->socket);

	hash = hash_add(hash_add(hash, row->peer[0]), row->peer[1]);
	return hash_add(hash, (uint64_t)row->end << 1 | (place == IN_MAP));
}

/* Returns the id of a row's flow. A row that was freed while idle and is added again has a new id.
 */
uint64_t udp_flow_id(const struct udp_row *row)
{
	return hash_add(udp_entry_hash(row, 0), row->first_ns);
}

bool udp_sends_dns(const struct udp *udp)
{
	return udp && udp->skeleton->rodata->dns_wanted;
}

bool udp_sends_dns_segments(const struct udp *udp)
{
	return udp && udp->skeleton->rodata->dns_wants_segments;
}

const char *udp_dns_error(const struct udp *udp)
{
	return udp->dns_error ? strerror(-udp->dns_error) : "not tried";
}

static bool udp_entry_fits(const struct udp_entry *entry, const struct udp_row *row, uint32_t place)
{
	return entry->row.socket == row->socket && entry->row.end == row->end &&
	       memcmp(entry->row.peer, row->peer, sizeof(row->peer)) == 0 &&
	       (entry->place == IN_MAP) == (place == IN_MAP);
}

static struct udp_entry *udp_find_entry(const struct udp *udp, const struct udp_row *row,
					uint32_t place, uint64_t hash)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&udp->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&udp->index, &cursor)) {
		if (udp_entry_fits(&udp->entries[at], row, place))
			return &udp->entries[at];
	}
	return NULL;
}

static uint64_t udp_service_hash(uint64_t socket, const struct udp_service *service)
{
	uint64_t hash = hash_add(hash_add(hash_seed(), socket), service->port);

	return hash_bytes(hash, service->address.bytes, sizeof(service->address.bytes));
}

static bool udp_service_is(const struct udp_service *a, const struct udp_service *b)
{
	return a->port == b->port && memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

/* Returns whether the datagrams of a new row may be answers to datagrams of another row. A
 * socket that is not connected has two such rows if it sends to a Service: the packets that it
 * sends have the address of a backend, and the answers have the address of the Service. */
static bool udp_may_answer(const struct udp_row *row)
{
	return row->direction == FLOW_EVENT_INGRESS && !row->is_connected;
}

/* Returns the entry of the flow that a row's datagrams answer, or HASH_INDEX_NONE. */
static uint32_t udp_find_sender(const struct udp *udp, const struct udp_row *row)
{
	struct udp_service peer = {.port = UDP_END_PORT(row->end)};
	struct hash_cursor cursor;
	uint32_t at;

	if (!peer.port || !udp_may_answer(row))
		return HASH_INDEX_NONE;
	memcpy(&peer.address, row->peer, sizeof(row->peer));
	at = hash_index_first(&udp->services, udp_service_hash(row->socket, &peer), &cursor);
	while (at != HASH_INDEX_NONE && (udp->entries[at].row.socket != row->socket ||
					 !udp_service_is(&udp->entries[at].service, &peer)))
		at = hash_index_next(&udp->services, &cursor);
	return at;
}

static struct udp_entry *udp_add_entry(struct udp *udp, const struct udp_row *row, uint32_t place,
				       uint64_t hash)
{
	uint32_t at = udp->free_list;

	if (at == HASH_INDEX_NONE) {
		if (ARRAY_RESERVE(udp->entries, udp->capacity, udp->count + 1))
			return NULL;
		at = (uint32_t)udp->count;
		udp->entries[at] = (struct udp_entry){.next_free = HASH_INDEX_NONE};
	}
	if (hash_index_insert(&udp->index, hash, at))
		return NULL;
	udp->count += at == udp->count;
	udp->free_list = udp->entries[at].next_free;
	udp->entries[at] = (struct udp_entry){
		.row = {.socket = row->socket,
			.peer = {row->peer[0], row->peer[1]},
			.end = row->end},
		.id = udp_flow_id(row),
		.place = place,
		.next_free = HASH_INDEX_NONE,
		.sender = HASH_INDEX_NONE,
		.is_in_use = true,
	};
	return &udp->entries[at];
}

/* Subtracts a row from those that the programs have counted. */
static void udp_release(int32_t *own, int32_t *all)
{
	__atomic_fetch_sub(own, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(all, 1, __ATOMIC_RELAXED);
}

/* Frees the row of an entry, and the entry. */
static void udp_free_row(struct udp *udp, struct udp_entry *entry)
{
	uint32_t at = (uint32_t)(entry - udp->entries);
	struct udp_bpf__bss *bss = udp->skeleton->bss;
	struct udp_used *own = &bss->udp_cgroups_used[CGROUP_PLACE(entry->row.cgroup_id)];

	if (entry->place == IN_MAP) {
		const struct udp_key key = {.socket = entry->row.socket,
					    .peer = {entry->row.peer[0], entry->row.peer[1]},
					    .end = entry->row.end};
		if (!bpf_map_delete_elem(bpf_map__fd(udp->skeleton->maps.udp_more), &key))
			udp_release(&own->in_map, &bss->udp_all_used.in_map);
	} else {
		__atomic_store_n(&bss->udp_rows[entry->place].socket, 0, __ATOMIC_RELEASE);
		__atomic_store_n(&bss->udp_claims[entry->place], 0, __ATOMIC_RELEASE);
		udp_release(&own->in_table, &bss->udp_all_used.in_table);
	}
	hash_index_remove(&udp->index, udp_entry_hash(&entry->row, entry->place), at);
	if (entry->service.port)
		hash_index_remove(&udp->services,
				  udp_service_hash(entry->row.socket, &entry->service), at);
	entry->is_in_use = false;
	entry->next_free = udp->free_list;
	udp->free_list = at;
}

/* --- reading --- */

/* Notes a closed socket. udp_end_closed then reports the end of its flows and frees its rows. */
static void udp_note_closed(struct udp *udp, const struct udp_row *row)
{
	struct udp_closed *closed = ARRAY_ADD(udp->closed, udp->closed_count, udp->closed_capacity);

	/* If out of memory, the rows stay until the next reading. */
	if (closed)
		*closed = (struct udp_closed){
			.socket = row->socket,
			.closed_ns = row->first_ns +
				     (uint64_t)(row->lifetime_ms - 1) * NS_PER_MILLISECOND,
		};
}

/* Keeps a new row for the end of the reading, when the rows that it may answer are known. Returns
 * false if out of memory. */
static bool udp_defer(struct udp *udp, const struct udp_row *row, uint32_t place)
{
	struct udp_deferred *deferred =
		ARRAY_ADD(udp->deferred, udp->deferred_count, udp->deferred_capacity);

	if (deferred)
		*deferred = (struct udp_deferred){*row, place};
	return deferred;
}

/* Returns the entry whose flow counts the datagrams of `entry`. This is the entry of the sender
 * (udp_entry.sender). It is `entry` itself if `entry` has no sender, or if the sender's entry
 * was freed. */
static struct udp_entry *udp_flow_entry(const struct udp *udp, struct udp_entry *entry)
{
	if (entry->sender == HASH_INDEX_NONE)
		return entry;
	struct udp_entry *sender = &udp->entries[entry->sender];
	if (sender->is_in_use && sender->row.socket == entry->row.socket && sender->service.port)
		return sender;
	entry->sender = HASH_INDEX_NONE;
	return entry;
}

/* Calls back for a change. If the callback finds a Service, udp_find_sender finds this entry for
 * later rows of the socket whose peer is that Service. */
static void udp_report_change(struct udp *udp, struct udp_entry *entry, struct udp_change *change)
{
	bool had_service = entry->service.port > 0;

	change->id = entry->id;
	change->is_first = !change->closed_ns && !entry->is_reported;
	change->service = &entry->service;
	entry->is_reported = true;
	udp->callback(udp->data, change);
	if (!had_service && entry->service.port &&
	    hash_index_insert(&udp->services, udp_service_hash(entry->row.socket, &entry->service),
			      (uint32_t)(entry - udp->entries)))
		entry->service.port = 0;
}

/* Reports the datagrams that a row has counted since the previous reading. */
static void udp_report_row(struct udp *udp, const struct udp_row *row, uint32_t place)
{
	uint64_t hash = udp_entry_hash(row, place);
	struct udp_entry *entry = udp_find_entry(udp, row, place, hash);

	if (!entry && udp->defers && udp_may_answer(row) && udp_defer(udp, row, place))
		return;
	if (!entry) {
		entry = udp_add_entry(udp, row, place, hash);
		if (entry)
			entry->sender = udp_find_sender(udp, row);
	}
	if (!entry) {
		udp->failed++;
		return;
	}
	struct udp_entry *flow = udp_flow_entry(udp, entry);
	uint64_t sent = row->sent - entry->row.sent;
	uint64_t received = row->received - entry->row.received;
	struct udp_change change = {
		.row = flow == entry ? row : &flow->row,
		.count = UDP_SUM_COUNT(sent) + UDP_SUM_COUNT(received),
		.tx_bytes = UDP_SUM_BYTES(sent),
		.rx_bytes = UDP_SUM_BYTES(received),
	};
	flow->count += change.count;
	flow->tx_bytes += change.tx_bytes;
	flow->rx_bytes += change.rx_bytes;
	bool changed = sent != 0 || received != 0;
	entry->idle = changed ? 0 : entry->idle + 1;
	entry->row = *row;
	if (changed)
		udp_report_change(udp, flow, &change);
	if (row->lifetime_ms > 0)
		udp_note_closed(udp, row);
}

/* Resets the claims of an index of the table if two successive readings found it claimed but
 * without a row: several programs claimed it at once, so none got it. After one such reading, a
 * program may still be about to store the row. */
static void udp_reset_claims(struct udp *udp, uint32_t place, uint32_t claims)
{
	if (claims > 0 && udp->empty_claims[place])
		__atomic_store_n(&udp->skeleton->bss->udp_claims[place], 0, __ATOMIC_RELAXED);
	udp->empty_claims[place] = claims > 0 && !udp->empty_claims[place];
}

static void udp_read_table(struct udp *udp)
{
	const struct udp_bpf__bss *bss = udp->skeleton->bss;

	for (uint32_t place = 0; place < UDP_ROWS; place++) {
		const struct udp_row *row = &bss->udp_rows[place];
		uint64_t socket = __atomic_load_n(&row->socket, __ATOMIC_ACQUIRE);
		uint32_t claims = __atomic_load_n(&bss->udp_claims[place], __ATOMIC_RELAXED);
		if (socket == 0) {
			udp_reset_claims(udp, place, claims);
			continue;
		}
		struct udp_row copy = *row;
		udp_report_row(udp, &copy, place);
	}
}

static void udp_read_map(struct udp *udp)
{
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, options);
	int fd = bpf_map__fd(udp->skeleton->maps.udp_more);
	uint64_t cursor = 0;
	bool begun = false;
	size_t rest = udp->max_flows + BATCH_ROWS;

	/* Bounded, because the programs insert rows meanwhile. */
	while (rest > 0) {
		uint32_t count = BATCH_ROWS;
		int error =
			bpf_map_lookup_batch(fd, begun ? &cursor : NULL, &cursor, udp->batch_keys,
					     udp->batch_rows, &count, &options);
		if (error && error != -ENOENT)
			return;
		for (uint32_t i = 0; i < count; i++)
			udp_report_row(udp, &udp->batch_rows[i], IN_MAP);
		if (error)
			return;
		begun = true;
		rest -= count < rest ? count : rest;
	}
}

static int udp_compare_closed(const void *left, const void *right)
{
	const struct udp_closed *a = left;
	const struct udp_closed *b = right;

	return (a->socket > b->socket) - (a->socket < b->socket);
}

/* Reports the end of the flows of closed sockets, and frees their rows. */
static void udp_end_closed(struct udp *udp)
{
	if (udp->closed_count == 0)
		return;
	qsort(udp->closed, udp->closed_count, sizeof(*udp->closed), udp_compare_closed);
	for (size_t i = 0; i < udp->count; i++) {
		struct udp_entry *entry = &udp->entries[i];
		const struct udp_closed key = {.socket = entry->row.socket};
		if (!entry->is_in_use)
			continue;
		const struct udp_closed *closed = bsearch(&key, udp->closed, udp->closed_count,
							  sizeof(key), udp_compare_closed);
		if (!closed)
			continue;
		struct udp_change change = {
			.row = &entry->row,
			.count = entry->count,
			.tx_bytes = entry->tx_bytes,
			.rx_bytes = entry->rx_bytes,
			.closed_ns = closed->closed_ns,
		};
		if (entry->is_reported)
			udp_report_change(udp, entry, &change);
		udp_free_row(udp, entry);
	}
	udp->closed_count = 0;
}

/* Returns whether `own` rows are at least 3/4 of those that a cgroup may have where all cgroups
 * have `all` rows, of at most `max` (udp_rows_admit in bpf/udp_rows.h). */
static bool udp_is_short(int32_t own, int32_t all, size_t max)
{
	return own > 0 && own >= ((int64_t)max - all) / 4 * 3;
}

static bool udp_entry_is_short(const struct udp *udp, const struct udp_entry *entry)
{
	const struct udp_bpf__bss *bss = udp->skeleton->bss;
	const struct udp_used *own = &bss->udp_cgroups_used[CGROUP_PLACE(entry->row.cgroup_id)];

	return entry->place == IN_MAP
		       ? udp_is_short(own->in_map, bss->udp_all_used.in_map, udp->max_flows)
		       : udp_is_short(own->in_table, bss->udp_all_used.in_table, UDP_ROWS);
}

/* Frees idle rows of cgroups that are short of rows. */
static void udp_free_idle(struct udp *udp)
{
	const struct udp_used *all = &udp->skeleton->bss->udp_all_used;

	/* As long as all cgroups together are not short, none is. */
	if (!udp_is_short(all->in_table, all->in_table, UDP_ROWS) &&
	    !udp_is_short(all->in_map, all->in_map, udp->max_flows))
		return;
	for (size_t i = 0; i < udp->count; i++) {
		struct udp_entry *entry = &udp->entries[i];
		if (entry->is_in_use && entry->idle >= IDLE_READINGS &&
		    udp_entry_is_short(udp, entry))
			udp_free_row(udp, entry);
	}
}

size_t udp_read(struct udp *udp, uint64_t now_ns, udp_callback *callback, void *data)
{
	udp->callback = callback;
	udp->data = data;
	udp->failed = 0;
	udp->defers = true;
	udp_read_table(udp);
	udp_read_map(udp);
	udp->defers = false;
	for (size_t i = 0; i < udp->deferred_count; i++)
		udp_report_row(udp, &udp->deferred[i].row, udp->deferred[i].place);
	udp->deferred_count = 0;
	udp->failed += udp_unaccounted_read(&udp->unaccounted, udp->skeleton->maps.udp_unaccounted,
					    now_ns, callback, data);
	udp_end_closed(udp);
	udp_free_idle(udp);
	return udp->failed;
}

/* --- SCTP --- */

void udp_read_associations(struct udp *udp, enum sctp_choice choice, uint64_t now_ns,
			   sctp_callback *callback, void *data)
{
	const struct sctp_maps maps = {
		.rows = udp->skeleton->maps.sctp_rows,
		.tags = udp->skeleton->maps.sctp_tags,
		.closed = udp->skeleton->maps.sctp_closed,
		.used = udp->skeleton->bss->sctp_used,
	};

	sctp_read(&maps, choice, udp->associations_ns, now_ns, callback, data);
	udp->associations_ns = now_ns;
}
