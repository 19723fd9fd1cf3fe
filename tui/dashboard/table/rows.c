/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/state/rewind.h"

#define SCAN_PAUSE_NS    (NS_PER_SECOND / 2)
#define BUNDLES_PAUSE_NS (NS_PER_SECOND / 10)
#define SCAN_PAUSE_RATIO 25
/* The largest number of new connections that rows_catch_up checks in one call. The next call checks
 * the others. */
#define CATCH_UP_MAX 20000

void rows_clear(struct rows *rows)
{
	row_list_clear(&rows->list);
	row_folds_clear(&rows->folds);
	row_source_clear(&rows->source);
	free(STEAL(rows->keys));
}

void rows_query(struct rows *rows, const struct row_query *query)
{
	rows->query = *query;
	rows->listing = query->folded || !row_query_is_plain(query);
	rows->stale = true;
	row_folds_forget(&rows->folds);
}

static bool rows_is_sorted(const struct rows *rows)
{
	return rows->query.sort || rows->query.inverted;
}

uint64_t rows_newest(const struct rows *rows)
{
	return row_source_newest(&rows->source);
}

static void rows_append(struct rows *rows, uint64_t sequence)
{
	row_list_append(&rows->list, (struct listed_row){.id = sequence});
}

static void rows_sort_listed(struct rows *rows)
{
	size_t count = rows->list.count;

	if (count == 0 || ARRAY_RESERVE(rows->keys, rows->key_capacity, count))
		return;
	for (size_t i = 0; i < count; i++) {
		struct column_row row;

		column_row_open(&row, rows->source.state,
				row_source_find(&rows->source, rows->list.items[i].id));
		row.now_ns = clocks_now(state_clocks(rows->source.state), row.conn->node,
					rows->source.now_ns);
		column_sort_key(rows->query.sort, &row, &rows->keys[i]);
	}
	qsort(rows->keys, count, sizeof(*rows->keys), column_compare_keys);
	for (size_t i = 0; i < count; i++) {
		size_t place = rows->query.inverted ? i : count - 1 - i;

		rows->list.items[place].id = rows->keys[i].sequence;
	}
}

/* Returns true if the list has the rows (see rows.h). Only such rows have indices. */
static bool rows_are_held(const struct rows *rows)
{
	return rows->source.frozen || rows->listing;
}

static void rows_append_if_matching(struct rows *rows, const struct conn *conn)
{
	rows->begun += rewind_has_begun(conn);
	if (row_query_matches(&rows->query, rows->source.state, conn, rows->source.now_ns))
		rows_append(rows, conn->sequence);
}

static void rows_scan_flat(struct rows *rows)
{
	const struct conn *conn = NULL;

	row_list_restart(&rows->list);
	rows->begun = 0;
	while ((conn = row_source_next(&rows->source, conn)))
		rows_append_if_matching(rows, conn);
	if (rows->query.sort)
		rows_sort_listed(rows);
	else if (rows->query.inverted)
		row_list_reverse(&rows->list);
}

/* Returns the number of connections in the state, or at the freeze. Folded rows show the two ends
 * of a connection as one. */
static size_t rows_present_total(const struct rows *rows)
{
	const struct row_source *source = &rows->source;
	size_t ends = source->frozen ? source->frozen_total : state_conn_count(source->state);
	uint64_t pairs =
		source->frozen ? source->frozen_pairs : state_counters(source->state)->pairs;

	return rows->query.folded ? ends - pairs : ends;
}

static void rows_scan(struct rows *rows, bool keep_order)
{
	rows->waiting = 0;
	rows->stale = false;
	rows->looked_at = rows->source.frozen ? rows->source.frozen_newest : rows_newest(rows);
	rows->scanned_total = rows_present_total(rows);
	if (!rows->query.folded) {
		rows_scan_flat(rows);
		return;
	}
	row_folds_scan(&rows->folds, &rows->source, &rows->query, &rows->list, keep_order);
	rows->begun = rows->folds.begun;
}

/* Checks the connections that are newer than looked_at. Matching connections become the first rows
 * if `may_list` is true. If it is false, they are counted in `waiting` instead. */
static void rows_catch_up(struct rows *rows, bool may_list)
{
	const struct conn *conn = state_newest(rows->source.state);

	while (conn && conn->older && conn->older->sequence > rows->looked_at)
		conn = conn->older;
	for (size_t checked = 0; conn && checked < CATCH_UP_MAX; conn = conn->newer) {
		if (conn->sequence <= rows->looked_at)
			continue;
		checked++;
		rows->looked_at = conn->sequence;
		if (!row_query_matches(&rows->query, rows->source.state, conn, rows->source.now_ns))
			continue;
		if (may_list)
			rows_append(rows, conn->sequence);
		else
			rows->waiting++;
	}
}

static void rows_paced_scan(struct rows *rows, uint64_t monotonic_ns, bool keep_order)
{
	bool bundles = rows->query.folded && !row_folds_sums_up(&rows->source, &rows->query);
	uint64_t least_ns = bundles ? BUNDLES_PAUSE_NS : SCAN_PAUSE_NS;
	uint64_t start_ns = clock_monotonic_ns();
	uint64_t pause_ns;

	rows_scan(rows, keep_order);
	pause_ns = (clock_monotonic_ns() - start_ns) * SCAN_PAUSE_RATIO;
	rows->next_scan_ns = monotonic_ns + (pause_ns > least_ns ? pause_ns : least_ns);
}

void rows_update(struct rows *rows, const struct rows_time *time, bool reorder)
{
	bool folded = rows->query.folded;
	/* Folded rows can be scanned without a change of their order. */
	bool may_scan = reorder || folded || !rows_is_sorted(rows);
	uint64_t monotonic_ns = time->monotonic_ns;

	rows->source.now_ns = time->now_ns;
	row_folds_begin(&rows->folds, monotonic_ns);
	if (rows->source.frozen) {
		if (folded && rows->next_scan_ns == 0)
			rows_paced_scan(rows, monotonic_ns, !rows->stale);
		rows_settle(rows);
		rows_catch_up(rows, false);
	} else if (!rows->listing) {
		rows->stale = false;
	} else if (rows->stale || (monotonic_ns >= rows->next_scan_ns && may_scan)) {
		rows_paced_scan(rows, monotonic_ns, !reorder && !rows->stale);
	} else if (folded) {
		row_folds_catch_up(&rows->folds, &rows->source, &rows->query, &rows->list);
	} else {
		rows_catch_up(rows, !rows_is_sorted(rows));
	}
}

void rows_settle(struct rows *rows)
{
	if (rows->stale && rows_are_held(rows))
		rows_scan(rows, false);
}

void rows_scan_soon(struct rows *rows)
{
	rows->next_scan_ns = 0;
}

size_t rows_total(const struct rows *rows)
{
	if (rows->query.rewound)
		return rows->begun;
	if (!rows->query.folded || row_query_is_plain(&rows->query) || rows->source.frozen)
		return rows_present_total(rows);
	/* New bundles are counted between scans. */
	return rows->folds.matched > rows->scanned_total ? rows->folds.matched
							 : rows->scanned_total;
}

size_t rows_count(const struct rows *rows)
{
	return rows_are_held(rows) ? rows->list.count : rows_total(rows);
}

size_t rows_matched(const struct rows *rows)
{
	if (!rows->query.folded)
		return rows_count(rows);
	return row_query_is_plain(&rows->query) && !rows->source.frozen ? rows_total(rows)
									: rows->folds.matched;
}

/* Returns the id of a listed row. Index 0 is the first row. */
static uint64_t rows_held_at(const struct rows *rows, size_t index)
{
	return rows->list.items[rows->list.count - 1 - index].id;
}

/* Returns the index of the first listed sequence that is not below `sequence`. The listed sequences
 * must be in ascending order: call it only if the rows are neither sorted nor folded. */
static size_t rows_lower_bound(const struct rows *rows, uint64_t sequence)
{
	size_t low = 0;
	size_t high = rows->list.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows->list.items[middle].id < sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Returns the index of a listed row; SIZE_MAX: not found. Index 0 is the first row. */
static size_t rows_held_find(const struct rows *rows, uint64_t id)
{
	size_t count = rows->list.count;
	size_t at = 0;

	if (rows->list.indexed) {
		at = row_list_find(&rows->list, id);
		return at != SIZE_MAX ? count - 1 - at : SIZE_MAX;
	}
	if (!rows_is_sorted(rows)) {
		at = rows_lower_bound(rows, id);
		return at < count && rows->list.items[at].id == id ? count - 1 - at : SIZE_MAX;
	}
	while (at < count && rows_held_at(rows, at) != id)
		at++;
	return at < count ? at : SIZE_MAX;
}

uint64_t rows_evicted(const struct rows *rows)
{
	return rows->source.frozen ? rows->source.frozen_evicted
				   : state_counters(rows->source.state)->evicted;
}

bool rows_have(const struct rows *rows, uint64_t id)
{
	size_t at = rows_are_held(rows) ? rows_held_find(rows, id) : 0;

	/* The list may still have a connection that was evicted after the scan. */
	if (at == SIZE_MAX)
		return false;
	if (rows->query.folded && rows->list.indexed)
		return row_folds_has(&rows->source, &rows->list.items[rows->list.count - 1 - at]);
	return row_source_find(&rows->source, id) != NULL;
}

size_t rows_index(const struct rows *rows, uint64_t id)
{
	const struct conn *conn = state_find(rows->source.state, id);
	const struct conn *above = conn;
	const struct conn *below = conn;

	if (rows_are_held(rows))
		return rows_held_find(rows, id);
	for (size_t walked = 0; conn && walked <= ROWS_WALK_MAX; walked++) {
		if (!above->newer)
			return walked;
		if (!below->older)
			return rows_total(rows) - 1 - walked;
		above = above->newer;
		below = below->older;
	}
	return SIZE_MAX;
}

uint64_t rows_newer(const struct rows *rows, uint64_t seen)
{
	uint64_t newest = rows_newest(rows);
	uint64_t count = 0;

	if (row_query_is_plain(&rows->query) && (rows->source.frozen || !rows->query.folded)) {
		if (rows->source.frozen)
			seen = rows->source.frozen_newest;
		return newest > seen ? newest - seen : 0;
	}
	if (rows->query.folded && !rows->source.frozen)
		return rows->folds.fresh + rows->folds.waiting;
	if (rows->source.frozen || rows_is_sorted(rows))
		return rows->waiting;
	while (count < rows->list.count && rows_held_at(rows, count) > seen)
		count++;
	return count;
}

void rows_see(struct rows *rows)
{
	rows->folds.fresh = 0;
}

uint64_t rows_first(const struct rows *rows)
{
	if (!rows_are_held(rows))
		return rows_newest(rows);
	return rows->list.count ? rows_held_at(rows, 0) : 0;
}

uint64_t rows_last(const struct rows *rows)
{
	const struct conn *oldest = state_oldest(rows->source.state);

	if (!rows_are_held(rows))
		return oldest ? oldest->sequence : 0;
	return rows->list.count ? rows_held_at(rows, rows->list.count - 1) : 0;
}

/* Implements rows_nearest for plain rows. Searches from the oldest connection on: if `sequence` was
 * evicted, the next newer connection is near that end, because eviction removes old connections
 * first. */
static uint64_t rows_plain_nearest(const struct rows *rows, uint64_t sequence)
{
	const struct conn *conn = state_oldest(rows->source.state);

	if (state_find(rows->source.state, sequence))
		return sequence;
	while (conn && conn->sequence < sequence && conn->newer)
		conn = conn->newer;
	return conn ? conn->sequence : 0;
}

uint64_t rows_nearest(const struct rows *rows, uint64_t id)
{
	size_t at;

	if (!rows_are_held(rows))
		return rows_plain_nearest(rows, id);
	if (rows_held_find(rows, id) != SIZE_MAX)
		return id;
	if (rows_is_sorted(rows) || rows->query.folded || rows->list.count == 0)
		return rows_first(rows);
	at = rows_lower_bound(rows, id);
	return rows->list.items[at < rows->list.count ? at : rows->list.count - 1].id;
}

uint64_t rows_id_of(const struct rows *rows, uint64_t sequence)
{
	const struct conn *conn = row_source_find(&rows->source, sequence);

	return rows->query.folded && conn ? ROW_BUNDLE | conn_bundle_id(conn) : sequence;
}

static uint64_t rows_plain_step(const struct rows *rows, uint64_t sequence, long delta)
{
	const struct conn *conn = state_find(rows->source.state, sequence);

	for (; conn && delta > 0 && conn->older; delta--)
		conn = conn->older;
	for (; conn && delta < 0 && conn->newer; delta++)
		conn = conn->newer;
	return conn ? conn->sequence : 0;
}

uint64_t rows_step(const struct rows *rows, uint64_t id, long delta)
{
	size_t last = rows->list.count - 1;
	size_t index;

	id = rows_nearest(rows, id);
	if (id == 0)
		return 0;
	if (!rows_are_held(rows))
		return rows_plain_step(rows, id, delta);
	index = rows_held_find(rows, id);
	if (delta < 0)
		index -= (size_t)-delta < index ? (size_t)-delta : index;
	else
		index += (size_t)delta < last - index ? (size_t)delta : last - index;
	return rows_held_at(rows, index);
}

static struct row rows_flat_row(const struct conn *conn)
{
	return (struct row){.id = conn->sequence, .conn = *conn};
}

size_t rows_copy(struct rows *rows, uint64_t id, struct row *out, size_t max)
{
	const struct row_source *source = &rows->source;
	const struct conn *conn;
	size_t count = 0;

	id = rows_nearest(rows, id);
	if (id == 0)
		return 0;
	if (!rows_are_held(rows)) {
		for (conn = state_find(source->state, id); conn && count < max; conn = conn->older)
			out[count++] = rows_flat_row(conn);
		return count;
	}
	for (size_t at = rows->list.count - rows_held_find(rows, id); at-- > 0 && count < max;) {
		const struct listed_row *listed = &rows->list.items[at];
		if (rows->query.folded) {
			count += row_folds_copy(&rows->folds, source, &rows->query, listed,
						&out[count]);
			continue;
		}
		conn = row_source_find(source, listed->id);
		if (conn)
			out[count++] = rows_flat_row(conn);
	}
	return count;
}

/* Lists the sequences of the connections to prefer at a freeze. Returns their number. */
static size_t rows_preferred(const struct rows *rows, uint64_t first, uint64_t *out, size_t max)
{
	size_t count = 0;
	uint64_t id = rows_nearest(rows, first ? first : rows_first(rows));

	/* Rows of bundles stand for the newest connections. */
	if (rows->query.folded || id == 0)
		return 0;
	if (!rows_are_held(rows)) {
		for (const struct conn *conn = state_find(rows->source.state, id);
		     conn && count < max; conn = conn->older)
			out[count++] = conn->sequence;
		return count;
	}
	for (size_t at = rows->list.count - rows_held_find(rows, id); at-- > 0 && count < max;)
		out[count++] = rows->list.items[at].id;
	return count;
}

int rows_freeze(struct rows *rows, uint64_t first)
{
	CLEANUP_FREE uint64_t *preferred = calloc(ROW_SOURCE_FROZEN_MAX, sizeof(*preferred));
	bool keeps_order = rows->query.folded && !rows->stale;
	int err;

	if (!preferred)
		return -ENOMEM;
	if (rows->source.frozen)
		return 0;
	err = row_source_freeze(&rows->source, preferred,
				rows_preferred(rows, first, preferred, ROW_SOURCE_FROZEN_MAX));
	if (!err)
		rows_scan(rows, keeps_order);
	return err;
}

void rows_thaw(struct rows *rows)
{
	row_source_thaw(&rows->source);
	rows->stale = true;
}
