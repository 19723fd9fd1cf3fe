/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/row_source.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/cleanup.h"

void row_source_clear(struct row_source *source)
{
	free(STEAL(source->frozen));
	free(STEAL(source->frozen_bundles));
}

static int row_source_compare(const void *a, const void *b)
{
	const struct conn *left = a;
	const struct conn *right = b;

	return (left->sequence > right->sequence) - (left->sequence < right->sequence);
}

static const struct conn *row_source_find_copy(const struct conn *copies, size_t count,
					       uint64_t sequence)
{
	const struct conn key = {.sequence = sequence};

	return bsearch(&key, copies, count, sizeof(*copies), row_source_compare);
}

const struct conn *row_source_find(const struct row_source *source, uint64_t sequence)
{
	return source->frozen ? row_source_find_copy(source->frozen, source->frozen_count, sequence)
			      : state_find(source->state, sequence);
}

const struct conn *row_source_next(const struct row_source *source, const struct conn *conn)
{
	if (!source->frozen)
		return conn ? conn->newer : state_oldest(source->state);
	conn = conn ? conn + 1 : source->frozen;
	return conn < source->frozen + source->frozen_count ? conn : NULL;
}

uint64_t row_source_newest(const struct row_source *source)
{
	const struct conn *newest = state_newest(source->state);

	return newest ? newest->sequence : 0;
}

size_t row_source_bundle_end(const struct row_source *source)
{
	return source->frozen ? source->frozen_bundle_end : state_bundle_end(source->state);
}

/* Copies all connections, in ascending order. Returns their number. */
static size_t row_source_copy_all(const struct row_source *source, struct conn *copies, size_t max)
{
	size_t count = 0;

	for (const struct conn *conn = state_oldest(source->state); conn && count < max;
	     conn = conn->newer)
		copies[count++] = *conn;
	return count;
}

/* Copies the preferred connections, then the newest of the others, up to `max`. Sorts the copies in
 * ascending order. Returns their number. */
static size_t row_source_copy_some(const struct row_source *source, const uint64_t *preferred,
				   size_t preferred_count, struct conn *copies, size_t max)
{
	size_t first_count;
	size_t count = 0;

	for (size_t i = 0; i < preferred_count && count < max; i++) {
		const struct conn *conn = state_find(source->state, preferred[i]);
		if (conn)
			copies[count++] = *conn;
	}
	first_count = count;
	qsort(copies, count, sizeof(*copies), row_source_compare);
	for (const struct conn *conn = state_newest(source->state); conn && count < max;
	     conn = conn->older) {
		if (!row_source_find_copy(copies, first_count, conn->sequence))
			copies[count++] = *conn;
	}
	qsort(copies, count, sizeof(*copies), row_source_compare);
	return count;
}

/* Copies the order of the bundles. */
static int row_source_copy_bundles(struct row_source *source)
{
	const struct state *state = source->state;
	size_t count = state_bundle_count(state);
	uint32_t *bundles = calloc(count ? count : 1, sizeof(*bundles));
	size_t i = 0;

	if (!bundles)
		return -ENOMEM;
	for (const struct bundle *bundle = state_first_bundle(state); bundle && i < count;
	     bundle = state_next_bundle(state, bundle))
		bundles[i++] = state_bundle_newest(state, bundle)->bundle;
	source->frozen_bundles = bundles;
	source->frozen_bundle_count = i;
	source->frozen_bundle_end = state_bundle_end(state);
	return 0;
}

int row_source_freeze(struct row_source *source, const uint64_t *preferred, size_t count)
{
	size_t total = state_conn_count(source->state);
	size_t max = total < ROW_SOURCE_FROZEN_MAX ? total : ROW_SOURCE_FROZEN_MAX;
	CLEANUP_FREE struct conn *copies = NULL;

	if (source->frozen)
		return 0;
	copies = calloc(max ? max : 1, sizeof(*copies));
	if (!copies || row_source_copy_bundles(source))
		return -ENOMEM;
	source->frozen_count =
		max == total ? row_source_copy_all(source, copies, max)
			     : row_source_copy_some(source, preferred, count, copies, max);
	source->frozen_total = total;
	source->frozen_pairs = state_counters(source->state)->pairs;
	source->frozen_evicted = state_counters(source->state)->evicted;
	source->frozen_newest = row_source_newest(source);
	source->frozen = STEAL(copies);
	return 0;
}

void row_source_thaw(struct row_source *source)
{
	free(STEAL(source->frozen));
	free(STEAL(source->frozen_bundles));
	source->frozen_count = 0;
	source->frozen_bundle_count = 0;
}
