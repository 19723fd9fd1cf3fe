/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* O_PATH */
#include "core/source/ebpf/cgroup_table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/base/kernfs.h"
#include "core/base/memory.h"
#include "core/base/rate_limit.h"
#include "core/sandbox/helper.h"
#include "core/source/ebpf/cgroup_path.h"
#include "core/source/ebpf/cgroup_scan.h"

/* The id of the root cgroup, which is the first node of the hierarchy's kernfs. */
#define ROOT_CGROUP_ID 1

/* The maximum number of live cgroups in the table. When a flow names a cgroup that is not in the
 * table, the table asks the kernel about it. */
#define LIVE_MAX (1u << 20)
/* The maximum number of removed cgroups that the table remembers. Even the fastest loop of mkdir
 * and rmdir needs seconds to remove so many. By then the collector has read the flows of the oldest
 * ones from the kernel's ring, which it does every few milliseconds. */
#define REMOVED_MAX (1u << 16)

/* The rate limit for emitting the record of a new container at once, before a flow names one of its
 * cgroups: the tokens at the start, the maximum later, and the tokens added per second. */
#define EAGER_AT_START   16384
#define EAGER_MAX        4096
#define EAGER_PER_SECOND 256

/* The pause between two scans lasts at least SCAN_AGAIN_MS, and at least SCAN_PAUSE_RATIO times as
 * long as the last scan. */
#define SCAN_AGAIN_MS    1000
#define SCAN_PAUSE_RATIO 10

/* A scan does not walk below a cgroup of a container that already has this many cgroups, or below
 * this depth. systemd in a container makes some hundred cgroups, and a nested runtime adds some
 * levels. */
#define CONTAINER_SCAN_MAX   1024
#define CONTAINER_SCAN_DEPTH (CGROUP_SCAN_DEPTH_MAX - 1)

/* One cgroup. */
struct cgroup_node {
	uint64_t id;
	uint32_t container; /* the container's index plus 1; 0: none */
	uint32_t next_free; /* the index of the next free node plus 1; 0: none */
	uint32_t scan;      /* the number of the last scan that reached the cgroup */
	uint8_t owner;      /* enum cgroup_owner */
	bool announced;     /* a record for this cgroup was made, see cgroup_table_announce */
	bool removed;       /* it is in the ring `removed` */
};

/* A container that has at least one cgroup. */
struct cgroup_container {
	struct cgroup_path path;
	uint32_t cgroups;
	uint32_t next_free;
	uint32_t skipped; /* number of the last scan that skipped cgroups of this container */
};

struct cgroup_table {
	struct cgroup_node *nodes;
	size_t node_count;
	size_t node_capacity;
	uint32_t free_node;
	struct hash_index by_id;
	size_t live;

	struct cgroup_container *containers;
	size_t container_count;
	size_t container_capacity;
	uint32_t free_container;
	struct hash_index by_container;

	uint32_t *removed; /* ring of REMOVED_MAX indices of nodes; begins at removed_first */
	size_t removed_first;
	size_t removed_count;

	int mount;             /* -1: no cgroup v2 */
	struct helper *helper; /* opens cgroups by id; NULL: this process does; not owned */
	char *point;           /* the mount's path, as a link in /proc/self/fd shows it */
	bool no_handles;
	const char *mountinfo;
	const char *root;
	uint32_t scan; /* the number of the last scan */
	uint64_t next_scan_ms;
	size_t hand; /* index at which the last search for a cgroup to retire stopped */
	struct rate_limit eager;
};

int cgroup_table_new(const char *mountinfo, const char *root, struct cgroup_table **out)
{
	struct cgroup_table *table = memory_checked(calloc(1, sizeof(*table)));
	char link[64];
	char point[PATH_MAX];

	if (!table)
		return -ENOMEM;
	table->mount = -1;
	table->mountinfo = mountinfo;
	table->root = root;
	table->eager = (struct rate_limit){EAGER_AT_START, clock_monotonic_ns()};
	table->removed = memory_checked(calloc(REMOVED_MAX, sizeof(*table->removed)));
	if (!table->removed) {
		cgroup_table_free(table);
		return -ENOMEM;
	}
	if (cgroup_scan_open_mount(mountinfo, root, &table->mount, NULL, 0) == 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", table->mount);
		ssize_t length = readlink(link, point, sizeof(point) - 1);
		point[length > 0 ? length : 0] = '\0';
		table->point = memory_checked(strdup(point));
	}
	*out = table;
	return 0;
}

void cgroup_table_set_helper(struct cgroup_table *table, struct helper *helper)
{
	table->helper = helper;
}

void cgroup_table_free(struct cgroup_table *table)
{
	if (!table)
		return;
	if (table->mount >= 0)
		close(table->mount);
	free(table->point);
	free(table->nodes);
	free(table->containers);
	free(table->removed);
	hash_index_clear(&table->by_id);
	hash_index_clear(&table->by_container);
	free(table);
}

/* --- containers --- */

static uint64_t cgroup_container_hash(const struct cgroup_path *path)
{
	return hash_string(hash_string(hash_string(hash_seed(), path->container_id), path->pod_uid),
			   path->outer_id);
}

static bool cgroup_container_equal(const struct cgroup_path *a, const struct cgroup_path *b)
{
	return strcmp(a->container_id, b->container_id) == 0 &&
	       strcmp(a->pod_uid, b->pod_uid) == 0 && strcmp(a->outer_id, b->outer_id) == 0;
}

/* Finds or adds a container. Returns its index plus 1, or 0 if out of memory. */
static uint32_t cgroup_table_container(struct cgroup_table *table, const struct cgroup_path *path,
				       bool *is_new)
{
	uint64_t hash = cgroup_container_hash(path);
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&table->by_container, hash, &cursor);

	*is_new = false;
	while (at != HASH_INDEX_NONE && !cgroup_container_equal(&table->containers[at].path, path))
		at = hash_index_next(&table->by_container, &cursor);
	if (at != HASH_INDEX_NONE)
		return at + 1;
	at = table->free_container ? table->free_container - 1 : (uint32_t)table->container_count;
	if ((!table->free_container &&
	     ARRAY_RESERVE(table->containers, table->container_capacity, at + 1u)) ||
	    hash_index_insert(&table->by_container, hash, at))
		return 0;
	if (table->free_container)
		table->free_container = table->containers[at].next_free;
	else
		table->container_count++;
	table->containers[at] = (struct cgroup_container){.path = *path};
	*is_new = true;
	return at + 1;
}

static void cgroup_table_release_container(struct cgroup_table *table, uint32_t container)
{
	struct cgroup_container *released = &table->containers[container - 1];

	if (--released->cgroups > 0)
		return;
	hash_index_remove(&table->by_container, cgroup_container_hash(&released->path),
			  container - 1);
	released->next_free = table->free_container;
	table->free_container = container;
}

/* --- cgroups --- */

static struct cgroup_node *cgroup_table_find(const struct cgroup_table *table, uint64_t id)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&table->by_id, hash_u64(id), &cursor);

	while (at != HASH_INDEX_NONE && table->nodes[at].id != id)
		at = hash_index_next(&table->by_id, &cursor);
	return at == HASH_INDEX_NONE ? NULL : &table->nodes[at];
}

static struct cgroup_node *cgroup_table_add_node(struct cgroup_table *table, uint64_t id,
						 enum cgroup_owner owner)
{
	uint32_t at = table->free_node ? table->free_node - 1 : (uint32_t)table->node_count;

	if ((!table->free_node && ARRAY_RESERVE(table->nodes, table->node_capacity, at + 1u)) ||
	    hash_index_insert(&table->by_id, hash_u64(id), at))
		return NULL;
	if (table->free_node)
		table->free_node = table->nodes[at].next_free;
	else
		table->node_count++;
	table->nodes[at] =
		(struct cgroup_node){.id = id, .owner = (uint8_t)owner, .scan = table->scan};
	table->live++;
	return &table->nodes[at];
}

static void cgroup_table_forget(struct cgroup_table *table, uint32_t at)
{
	struct cgroup_node *node = &table->nodes[at];

	hash_index_remove(&table->by_id, hash_u64(node->id), at);
	if (node->container)
		cgroup_table_release_container(table, node->container);
	*node = (struct cgroup_node){.next_free = table->free_node};
	table->free_node = at + 1;
}

/* Moves a cgroup to the ring of removed cgroups. While it is there, flows still find it. When the
 * ring is full, the oldest cgroup is deleted from the table. */
static void cgroup_table_retire(struct cgroup_table *table, struct cgroup_node *node)
{
	uint32_t at = (uint32_t)(node - table->nodes);

	if (node->removed)
		return;
	if (table->removed_count == REMOVED_MAX) {
		cgroup_table_forget(table, table->removed[table->removed_first]);
		table->removed_first = (table->removed_first + 1) % REMOVED_MAX;
		table->removed_count--;
	}
	table->removed[(table->removed_first + table->removed_count++) % REMOVED_MAX] = at;
	node->removed = true;
	table->live--;
}

/* Makes room for another cgroup by retiring cgroups, even if they still exist. After such a cgroup
 * has left the ring of removed cgroups, its next flow makes the table ask the kernel again. */
static void cgroup_table_make_room(struct cgroup_table *table)
{
	while (table->live >= LIVE_MAX) {
		table->hand = (table->hand + 1) % table->node_count;
		if (table->nodes[table->hand].id)
			cgroup_table_retire(table, &table->nodes[table->hand]);
	}
}

void cgroup_table_remove(struct cgroup_table *table, uint64_t cgroup_id)
{
	struct cgroup_node *node = cgroup_table_find(table, cgroup_id);

	if (node)
		cgroup_table_retire(table, node);
}

/* Opens the folder of a cgroup. Needs CAP_DAC_READ_SEARCH, which the helper has. Returns the
 * descriptor; -ESTALE if the cgroup does not exist any more; or another -errno. */
static int cgroup_table_open(const struct cgroup_table *table, uint64_t cgroup_id)
{
	return table->helper ? helper_open_cgroup(table->helper, table->mount, cgroup_id)
			     : kernfs_open_folder(table->mount, cgroup_id, O_PATH);
}

/* Reads the path of a cgroup from the kernel, relative to the mount. Returns 0; -ESTALE if the
 * cgroup does not exist any more; or another -errno. */
static int cgroup_table_read_path(const struct cgroup_table *table, uint64_t cgroup_id, char *path,
				  size_t size)
{
	char link[64];
	CLEANUP_CLOSE int fd = cgroup_table_open(table, cgroup_id);

	if (fd < 0)
		return fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, size - 1);
	if (length < 0)
		return -errno;
	path[length] = '\0';
	size_t point = table->point ? strlen(table->point) : 0;
	if (point > 1 && strncmp(path, table->point, point) == 0)
		memmove(path, path + point, (size_t)length - point + 1);
	return 0;
}

/* --- records --- */

/* Makes the record of a cgroup's container, unless this was done for the cgroup before. */
static int cgroup_table_announce(const struct cgroup_table *table, struct cgroup_node *node,
				 struct container_record **due)
{
	if (node->announced || !node->container)
		return 0;
	int error = cgroup_container_record(&table->containers[node->container - 1].path, node->id,
					    due);
	node->announced = !error;
	return error;
}

/* Adds a cgroup, unless it is known. *added is the new cgroup, or NULL. *is_new is true for the
 * first cgroup of its container. Returns 0 or -ENOMEM. */
static int cgroup_table_insert(struct cgroup_table *table, uint64_t cgroup_id, const char *path,
			       struct cgroup_node **added, bool *is_new)
{
	struct cgroup_path parsed;
	uint32_t container = 0;

	*added = NULL;
	*is_new = false;
	enum cgroup_kind kind = cgroup_path_parse(path, SIZE_MAX, &parsed);
	bool contained = kind == CGROUP_POD_CONTAINER || kind == CGROUP_CONTAINER;
	struct cgroup_node *known = cgroup_table_find(table, cgroup_id);
	if (known) {
		known->scan = table->scan;
		return 0;
	}
	cgroup_table_make_room(table);
	if (contained) {
		container = cgroup_table_container(table, &parsed, is_new);
		if (!container)
			return -ENOMEM;
		table->containers[container - 1].cgroups++;
	}
	struct cgroup_node *node = cgroup_table_add_node(
		table, cgroup_id, contained ? CGROUP_OWNER_CONTAINER : CGROUP_OWNER_HOST);
	if (!node) {
		if (container)
			cgroup_table_release_container(table, container);
		return -ENOMEM;
	}
	node->container = container;
	*added = node;
	return 0;
}

int cgroup_table_add(struct cgroup_table *table, uint64_t cgroup_id, const char *path,
		     struct container_record **due)
{
	char known[PATH_MAX];
	struct cgroup_node *node;
	bool is_new;

	*due = NULL;
	if (!*path) {
		/* The event of a new cgroup may arrive before open_by_handle_at can find the
		 * cgroup. */
		if (table->mount < 0 || table->no_handles ||
		    cgroup_table_read_path(table, cgroup_id, known, sizeof(known)))
			return -EAGAIN;
		path = known;
	}
	int error = cgroup_table_insert(table, cgroup_id, path, &node, &is_new);
	if (error || !is_new ||
	    !rate_limit_take(&table->eager, EAGER_PER_SECOND, EAGER_MAX, clock_monotonic_ns()))
		return error;
	return cgroup_table_announce(table, node, due);
}

/* --- scans --- */

/* The state of a running scan. */
struct cgroup_walk {
	struct cgroup_table *table;
	cgroup_table_emit *emit;
	void *data;
	int error; /* 0 or -ENOMEM */
};

/* Returns whether the scan must not walk below this cgroup of a container. */
static bool cgroup_table_is_crowded(struct cgroup_table *table, uint64_t cgroup_id,
				    const char *path)
{
	const struct cgroup_node *node = cgroup_table_find(table, cgroup_id);
	unsigned int depth = 0;

	if (!node || !node->container)
		return false;
	for (const char *at = path; *at; at++)
		depth += *at == '/';
	struct cgroup_container *container = &table->containers[node->container - 1];
	if (container->cgroups < CONTAINER_SCAN_MAX && depth < CONTAINER_SCAN_DEPTH)
		return false;
	container->skipped = table->scan;
	return true;
}

static int cgroup_table_on_scanned(uint64_t cgroup_id, const char *path, void *data)
{
	struct cgroup_walk *walk = data;
	struct container_record *due = NULL;
	struct cgroup_node *node;
	bool is_new;
	int error = walk->emit ? cgroup_table_add(walk->table, cgroup_id, path, &due)
			       : cgroup_table_insert(walk->table, cgroup_id, path, &node, &is_new);

	if (error)
		walk->error = error;
	if (due)
		walk->emit(due, walk->data);
	return cgroup_table_is_crowded(walk->table, cgroup_id, path) ? CGROUP_SCAN_SKIP : 0;
}

/* Opens a cgroup's folder that this thread may not read. */
static int cgroup_table_open_entry(uint64_t cgroup_id, void *data)
{
	const struct cgroup_walk *walk = data;

	return cgroup_table_open(walk->table, cgroup_id);
}

/* Retires the cgroups that a complete scan did not reach, since their removal events were lost. */
static void cgroup_table_sweep(struct cgroup_table *table)
{
	for (size_t i = 0; i < table->node_count; i++) {
		struct cgroup_node *node = &table->nodes[i];
		if (!node->id || node->scan == table->scan ||
		    (node->container &&
		     table->containers[node->container - 1].skipped == table->scan))
			continue;
		cgroup_table_retire(table, node);
	}
}

int cgroup_table_scan(struct cgroup_table *table, cgroup_table_emit *emit, void *data)
{
	struct cgroup_walk walk = {.table = table, .emit = emit, .data = data};
	uint64_t start = clock_monotonic_ms();

	table->scan++;
	int error = table->helper && table->mount >= 0
			    ? cgroup_scan_from(table->mount, cgroup_table_open_entry,
					       cgroup_table_on_scanned, &walk)
			    : cgroup_scan(table->mountinfo, table->root, cgroup_table_on_scanned,
					  &walk);
	if (!error)
		error = walk.error;
	if (!error)
		cgroup_table_sweep(table);
	uint64_t now = clock_monotonic_ms();
	uint64_t pause = (now - start) * SCAN_PAUSE_RATIO;
	table->next_scan_ms = now + (pause > SCAN_AGAIN_MS ? pause : SCAN_AGAIN_MS);
	return error;
}

bool cgroup_table_may_scan(const struct cgroup_table *table)
{
	return clock_monotonic_ms() >= table->next_scan_ms;
}

/* --- unknown cgroups --- */

/* Adds a cgroup that neither a scan nor an event has reported. */
static void cgroup_table_ask(struct cgroup_table *table, uint64_t cgroup_id)
{
	char path[PATH_MAX];
	struct cgroup_node *node = NULL;
	bool is_new;

	if (table->mount < 0)
		return;
	int error = table->no_handles
			    ? -EPERM
			    : cgroup_table_read_path(table, cgroup_id, path, sizeof(path));
	if (error == 0) {
		/* If out of memory, the cgroup stays unresolved, and its next flow asks again. */
		(void)cgroup_table_insert(table, cgroup_id, path, &node, &is_new);
	} else if (error == -ESTALE) {
		/* The cgroup was removed, and the kernel does not reuse its id. Add it as
		 * unresolved, so that its next flows do not ask the kernel again. */
		node = cgroup_table_add_node(table, cgroup_id, CGROUP_OWNER_UNRESOLVED);
		if (node)
			cgroup_table_retire(table, node);
	} else {
		table->no_handles = true;
		/* Ignore errors: a scan that is cut short still adds the cgroups that it
		 * reaches. */
		if (cgroup_table_may_scan(table))
			(void)cgroup_table_scan(table, NULL, NULL);
	}
}

bool cgroup_table_find_owner(struct cgroup_table *table, uint64_t cgroup_id,
			     enum cgroup_owner *owner, struct container_record **due)
{
	struct cgroup_node *node = cgroup_table_find(table, cgroup_id);

	*due = NULL;
	*owner = cgroup_id == ROOT_CGROUP_ID ? CGROUP_OWNER_HOST : CGROUP_OWNER_UNRESOLVED;
	if (!node || cgroup_id == ROOT_CGROUP_ID)
		return cgroup_id == ROOT_CGROUP_ID;
	(void)cgroup_table_announce(table, node, due);
	*owner = (enum cgroup_owner)node->owner;
	return true;
}

enum cgroup_owner cgroup_table_resolve(struct cgroup_table *table, uint64_t cgroup_id,
				       struct container_record **due)
{
	enum cgroup_owner owner;

	if (!cgroup_table_find_owner(table, cgroup_id, &owner, due)) {
		cgroup_table_ask(table, cgroup_id);
		(void)cgroup_table_find_owner(table, cgroup_id, &owner, due);
	}
	return owner;
}
