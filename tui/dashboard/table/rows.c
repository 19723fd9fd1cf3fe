/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/state/conn_words.h"
#include "core/state/rewind.h"
#include "tui/columns/conn_view.h"

#define SCAN_PAUSE_NS    (NS_PER_SECOND / 2)
#define SCAN_PAUSE_RATIO 25
/* The largest number of new connections that rows_catch_up checks in one call. The next call checks
 * the others. */
#define CATCH_UP_MAX 20000

void rows_clear(struct rows *rows)
{
	free(STEAL(rows->listed));
	free(STEAL(rows->keys));
	free(STEAL(rows->frozen));
}

bool row_query_is_plain(const struct row_query *query)
{
	return !query->shows && filter_is_empty(query->filter) && !query->subject && !query->edge &&
	       !query->namespace_name && !query->hide_closed && !query->problems && !query->sort &&
	       !query->inverted && !query->rewound;
}

void rows_query(struct rows *rows, const struct row_query *query)
{
	rows->query = *query;
	rows->listing = !row_query_is_plain(query);
	rows->stale = true;
}

static bool rows_filter_matches(const struct row_query *query, const struct state *state,
				const struct conn *conn, uint64_t now_ns)
{
	const struct filter *filter = query->filter;
	char peer[CONN_VIEW_PEER_SIZE];
	struct filter_input input;

	if (filter_is_empty(filter))
		return true;
	conn_view_filter_input(state, conn, now_ns, peer, &input);
	if (filter_has(filter, FILTER_NEEDS_BASELINE))
		input.is_new = conn_view_new(query->novelty, conn);
	return filter_match(filter, &input);
}

bool row_query_matches(const struct row_query *query, const struct state *state,
		       const struct conn *conn, uint64_t now_ns)
{
	if (!rewind_has_begun(conn))
		return false;
	if (query->subject && conn->subject != query->subject)
		return false;
	if (query->edge && conn->edge != query->edge)
		return false;
	if (query->hide_closed && conn->phase == CONN_CLOSED)
		return false;
	if (query->problems && !conn_hangs(conn) && conn->phase != CONN_FAILED &&
	    !conn_lookup_failed(conn) &&
	    verdicts_known(query->verdicts, conn->edge) != EVALUATE_DENIED)
		return false;
	if (query->namespace_name &&
	    (!conn->subject->namespace_name ||
	     strcmp(conn->subject->namespace_name, query->namespace_name) != 0))
		return false;
	if (query->shows && !query->shows(query->shows_data, conn))
		return false;
	return rows_filter_matches(query, state, conn, now_ns);
}

static bool rows_is_sorted(const struct rows *rows)
{
	return rows->query.sort || rows->query.inverted;
}

uint64_t rows_newest(const struct rows *rows)
{
	const struct conn *newest = state_newest(rows->state);

	return newest ? newest->sequence : 0;
}

static int rows_compare_copies(const void *a, const void *b)
{
	const struct conn *left = a;
	const struct conn *right = b;

	return (left->sequence > right->sequence) - (left->sequence < right->sequence);
}

static const struct conn *rows_find_copy(const struct conn *copies, size_t count, uint64_t sequence)
{
	const struct conn key = {.sequence = sequence};

	return bsearch(&key, copies, count, sizeof(*copies), rows_compare_copies);
}

/* Returns a connection of the rows: while paused, the copy. NULL: it was evicted. */
static const struct conn *rows_find(const struct rows *rows, uint64_t sequence)
{
	return rows->frozen ? rows_find_copy(rows->frozen, rows->frozen_count, sequence)
			    : state_find(rows->state, sequence);
}

static void rows_append(struct rows *rows, uint64_t sequence)
{
	uint64_t *listed = ARRAY_ADD(rows->listed, rows->listed_count, rows->listed_capacity);

	if (listed)
		*listed = sequence;
}

static void rows_sort_listed(struct rows *rows)
{
	size_t count = rows->listed_count;

	if (count == 0 || ARRAY_RESERVE(rows->keys, rows->key_capacity, count))
		return;
	for (size_t i = 0; i < count; i++) {
		struct column_row row;

		column_row_open(&row, rows->state, rows_find(rows, rows->listed[i]));
		row.now_ns = clocks_now(state_clocks(rows->state), row.conn->node, rows->now_ns);
		column_sort_key(rows->query.sort, &row, &rows->keys[i]);
	}
	qsort(rows->keys, count, sizeof(*rows->keys), column_compare_keys);
	for (size_t i = 0; i < count; i++) {
		size_t place = rows->query.inverted ? i : count - 1 - i;

		rows->listed[place] = rows->keys[i].sequence;
	}
}

static void rows_reverse_listed(struct rows *rows)
{
	for (size_t low = 0, high = rows->listed_count; low + 1 < high; low++) {
		uint64_t sequence = rows->listed[low];

		rows->listed[low] = rows->listed[--high];
		rows->listed[high] = sequence;
	}
}

/* Returns true if `listed` has the rows (see rows.h). Only such rows have indices. */
static bool rows_are_held(const struct rows *rows)
{
	return rows->frozen || rows->listing;
}

static void rows_append_if_matching(struct rows *rows, const struct conn *conn)
{
	rows->begun += rewind_has_begun(conn);
	if (row_query_matches(&rows->query, rows->state, conn, rows->now_ns))
		rows_append(rows, conn->sequence);
}

static void rows_scan(struct rows *rows)
{
	rows->listed_count = 0;
	rows->begun = 0;
	rows->waiting = 0;
	rows->stale = false;
	rows->looked_at = rows->frozen ? rows->frozen_newest : rows_newest(rows);
	if (rows->frozen) {
		for (size_t i = 0; i < rows->frozen_count; i++)
			rows_append_if_matching(rows, &rows->frozen[i]);
	} else {
		for (const struct conn *conn = state_oldest(rows->state); conn; conn = conn->newer)
			rows_append_if_matching(rows, conn);
	}
	if (rows->query.sort)
		rows_sort_listed(rows);
	else if (rows->query.inverted)
		rows_reverse_listed(rows);
}

/* Checks the connections that are newer than looked_at. Matching connections become the first rows
 * if `may_list` is true. If it is false, they are counted in `waiting` instead. */
static void rows_catch_up(struct rows *rows, bool may_list)
{
	const struct conn *conn = state_newest(rows->state);

	while (conn && conn->older && conn->older->sequence > rows->looked_at)
		conn = conn->older;
	for (size_t checked = 0; conn && checked < CATCH_UP_MAX; conn = conn->newer) {
		if (conn->sequence <= rows->looked_at)
			continue;
		checked++;
		rows->looked_at = conn->sequence;
		if (!row_query_matches(&rows->query, rows->state, conn, rows->now_ns))
			continue;
		if (may_list)
			rows_append(rows, conn->sequence);
		else
			rows->waiting++;
	}
}

static void rows_paced_scan(struct rows *rows, uint64_t monotonic_ns)
{
	uint64_t start_ns = clock_monotonic_ns();
	uint64_t pause_ns;

	rows_scan(rows);
	pause_ns = (clock_monotonic_ns() - start_ns) * SCAN_PAUSE_RATIO;
	rows->next_scan_ns = monotonic_ns + (pause_ns > SCAN_PAUSE_NS ? pause_ns : SCAN_PAUSE_NS);
}

void rows_update(struct rows *rows, const struct rows_time *time, bool reorder)
{
	bool sorted = rows_is_sorted(rows);
	uint64_t monotonic_ns = time->monotonic_ns;

	rows->now_ns = time->now_ns;
	if (rows->frozen) {
		rows_settle(rows);
		rows_catch_up(rows, false);
	} else if (!rows->listing) {
		rows->stale = false;
	} else if (rows->stale || (monotonic_ns >= rows->next_scan_ns && (reorder || !sorted)))
		rows_paced_scan(rows, monotonic_ns);
	else
		rows_catch_up(rows, !sorted);
}

void rows_settle(struct rows *rows)
{
	if (rows->stale && rows_are_held(rows))
		rows_scan(rows);
}

size_t rows_total(const struct rows *rows)
{
	if (rows->query.rewound)
		return rows->begun;
	return rows->frozen ? rows->frozen_total : state_conn_count(rows->state);
}

size_t rows_count(const struct rows *rows)
{
	return rows_are_held(rows) ? rows->listed_count : rows_total(rows);
}

/* Returns the sequence of a listed row. Index 0 is the first row. */
static uint64_t rows_held_at(const struct rows *rows, size_t index)
{
	return rows->listed[rows->listed_count - 1 - index];
}

/* Returns the index of the first listed sequence that is not below `sequence`. The listed sequences
 * must be in ascending order: call it only if rows_is_sorted is false. */
static size_t rows_lower_bound(const struct rows *rows, uint64_t sequence)
{
	size_t low = 0;
	size_t high = rows->listed_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows->listed[middle] < sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Returns the index of a listed row; SIZE_MAX: not found. Index 0 is the first row. */
static size_t rows_held_find(const struct rows *rows, uint64_t sequence)
{
	size_t count = rows->listed_count;
	size_t at = 0;

	if (!rows_is_sorted(rows)) {
		at = rows_lower_bound(rows, sequence);
		return at < count && rows->listed[at] == sequence ? count - 1 - at : SIZE_MAX;
	}
	while (at < count && rows_held_at(rows, at) != sequence)
		at++;
	return at < count ? at : SIZE_MAX;
}

uint64_t rows_evicted(const struct rows *rows)
{
	return rows->frozen ? rows->frozen_evicted : state_counters(rows->state)->evicted;
}

bool rows_have(const struct rows *rows, uint64_t sequence)
{
	/* The list may still have a connection that was evicted after the scan. */
	if (rows_are_held(rows) && rows_held_find(rows, sequence) == SIZE_MAX)
		return false;
	return rows_find(rows, sequence) != NULL;
}

size_t rows_index(const struct rows *rows, uint64_t sequence)
{
	const struct conn *conn = state_find(rows->state, sequence);
	const struct conn *above = conn;
	const struct conn *below = conn;

	if (rows_are_held(rows))
		return rows_held_find(rows, sequence);
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

	if (!rows->listing) {
		if (rows->frozen)
			seen = rows->frozen_newest;
		return newest > seen ? newest - seen : 0;
	}
	if (rows->frozen || rows_is_sorted(rows))
		return rows->waiting;
	while (count < rows->listed_count && rows_held_at(rows, count) > seen)
		count++;
	return count;
}

uint64_t rows_first(const struct rows *rows)
{
	if (!rows_are_held(rows))
		return rows_newest(rows);
	return rows->listed_count ? rows_held_at(rows, 0) : 0;
}

uint64_t rows_last(const struct rows *rows)
{
	const struct conn *oldest = state_oldest(rows->state);

	if (!rows_are_held(rows))
		return oldest ? oldest->sequence : 0;
	return rows->listed_count ? rows_held_at(rows, rows->listed_count - 1) : 0;
}

/* Implements rows_nearest for plain rows. Searches from the oldest connection on: if `sequence` was
 * evicted, the next newer connection is near that end, because eviction removes old connections
 * first. */
static uint64_t rows_plain_nearest(const struct rows *rows, uint64_t sequence)
{
	const struct conn *conn = state_oldest(rows->state);

	if (state_find(rows->state, sequence))
		return sequence;
	while (conn && conn->sequence < sequence && conn->newer)
		conn = conn->newer;
	return conn ? conn->sequence : 0;
}

uint64_t rows_nearest(const struct rows *rows, uint64_t sequence)
{
	size_t at;

	if (!rows_are_held(rows))
		return rows_plain_nearest(rows, sequence);
	if (rows_held_find(rows, sequence) != SIZE_MAX)
		return sequence;
	if (rows_is_sorted(rows) || rows->listed_count == 0)
		return rows_first(rows);
	at = rows_lower_bound(rows, sequence);
	return rows->listed[at < rows->listed_count ? at : rows->listed_count - 1];
}

static uint64_t rows_plain_step(const struct rows *rows, uint64_t sequence, long delta)
{
	const struct conn *conn = state_find(rows->state, sequence);

	for (; conn && delta > 0 && conn->older; delta--)
		conn = conn->older;
	for (; conn && delta < 0 && conn->newer; delta++)
		conn = conn->newer;
	return conn ? conn->sequence : 0;
}

uint64_t rows_step(const struct rows *rows, uint64_t sequence, long delta)
{
	size_t last = rows->listed_count - 1;
	size_t index;

	sequence = rows_nearest(rows, sequence);
	if (sequence == 0)
		return 0;
	if (!rows_are_held(rows))
		return rows_plain_step(rows, sequence, delta);
	index = rows_held_find(rows, sequence);
	if (delta < 0)
		index -= (size_t)-delta < index ? (size_t)-delta : index;
	else
		index += (size_t)delta < last - index ? (size_t)delta : last - index;
	return rows_held_at(rows, index);
}

size_t rows_copy(const struct rows *rows, uint64_t sequence, struct conn *out, size_t max)
{
	const struct conn *conn;
	size_t count = 0;

	sequence = rows_nearest(rows, sequence);
	if (sequence == 0)
		return 0;
	if (!rows_are_held(rows)) {
		for (conn = state_find(rows->state, sequence); conn && count < max;
		     conn = conn->older)
			out[count++] = *conn;
		return count;
	}
	for (size_t index = rows_held_find(rows, sequence);
	     index < rows->listed_count && count < max; index++) {
		conn = rows_find(rows, rows_held_at(rows, index));
		if (conn)
			out[count++] = *conn;
	}
	return count;
}

/* Copies all connections, in ascending order. Returns their number. */
static size_t rows_freeze_all(const struct rows *rows, struct conn *copies, size_t max)
{
	size_t count = 0;

	for (const struct conn *conn = state_oldest(rows->state); conn && count < max;
	     conn = conn->newer)
		copies[count++] = *conn;
	return count;
}

/* Copies the rows from `first` on, then the newest of the other connections, up to `max`. Sorts the
 * copies in ascending order. Returns their number. */
static size_t rows_freeze_some(const struct rows *rows, uint64_t first, struct conn *copies,
			       size_t max)
{
	size_t row_count = rows_copy(rows, first ? first : rows_first(rows), copies, max);
	size_t count = row_count;

	qsort(copies, row_count, sizeof(*copies), rows_compare_copies);
	for (const struct conn *conn = state_newest(rows->state); conn && count < max;
	     conn = conn->older) {
		if (!rows_find_copy(copies, row_count, conn->sequence))
			copies[count++] = *conn;
	}
	qsort(copies, count, sizeof(*copies), rows_compare_copies);
	return count;
}

int rows_freeze(struct rows *rows, uint64_t first)
{
	size_t total = state_conn_count(rows->state);
	size_t max = total < ROWS_FROZEN_MAX ? total : ROWS_FROZEN_MAX;
	CLEANUP_FREE struct conn *copies = NULL;

	if (rows->frozen)
		return 0;
	copies = calloc(max ? max : 1, sizeof(*copies));
	if (!copies)
		return -ENOMEM;
	rows->frozen_count = max == total ? rows_freeze_all(rows, copies, max)
					  : rows_freeze_some(rows, first, copies, max);
	rows->frozen_total = total;
	rows->frozen_evicted = state_counters(rows->state)->evicted;
	rows->frozen_newest = rows_newest(rows);
	rows->frozen = STEAL(copies);
	rows->stale = true;
	rows_settle(rows);
	return 0;
}

void rows_thaw(struct rows *rows)
{
	free(STEAL(rows->frozen));
	rows->frozen_count = 0;
	rows->stale = true;
}
