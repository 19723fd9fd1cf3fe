/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/row_folds.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"

/* The largest bundle whose sums are computed for each frame. The sums of others are computed once a
 * second, or more seldom, so that this takes at most 4 % of the time. */
#define SUM_MAX         500
#define SUM_PAUSE_NS    NS_PER_SECOND
#define SUM_PAUSE_RATIO 25
/* The number of connections of a bundle that risen bundles are looked at with, between scans. */
#define MATCH_MAX 64

struct row_order {
	struct sort_key key; /* first, for column_compare_keys */
	struct listed_row row;
};

void row_folds_forget(struct row_folds *folds)
{
	memset(folds->cache, 0, sizeof(folds->cache));
	folds->summed = false;
}

void row_folds_begin(struct row_folds *folds, uint64_t monotonic_ns)
{
	folds->monotonic_ns = monotonic_ns;
	folds->summed = false;
}

void row_folds_clear(struct row_folds *folds)
{
	free(STEAL(folds->sums));
	free(STEAL(folds->found));
	free(STEAL(folds->kept));
	free(STEAL(folds->unfolded));
}

static uint64_t row_folds_now(const struct row_source *source, const struct conn *conn)
{
	return clocks_now(state_clocks(source->state), conn->node, source->now_ns);
}

static uint64_t row_folds_id(const struct conn *conn)
{
	return ROW_BUNDLE | conn_bundle_id(conn);
}

/* --- the rows that are unfolded --- */

static size_t row_folds_find_unfolded(const struct row_folds *folds, uint64_t id)
{
	size_t at = 0;

	while (at < folds->unfolded_count && folds->unfolded[at] != id)
		at++;
	return at;
}

bool row_folds_is_unfolded(const struct row_folds *folds, uint64_t id)
{
	return row_folds_find_unfolded(folds, id) < folds->unfolded_count;
}

void row_folds_toggle(struct row_folds *folds, uint64_t id)
{
	size_t at = row_folds_find_unfolded(folds, id);
	uint64_t *added;

	if (at < folds->unfolded_count) {
		folds->unfolded[at] = folds->unfolded[--folds->unfolded_count];
		return;
	}
	added = ARRAY_ADD(folds->unfolded, folds->unfolded_count, folds->unfolded_capacity);
	if (added)
		*added = id;
}

bool row_folds_fold_all(struct row_folds *folds)
{
	bool any = folds->unfolded_count > 0;

	folds->unfolded_count = 0;
	return any;
}

/* --- finding the rows --- */

static bool row_folds_matches(const struct row_source *source, const struct row_query *query,
			      const struct conn *conn)
{
	return row_query_matches(query, source->state, conn, source->now_ns);
}

static void row_folds_add_found(struct row_folds *folds, const struct conn *conn, uint64_t id)
{
	struct row_order *found =
		ARRAY_ADD(folds->found, folds->found_count, folds->found_capacity);

	if (found)
		*found = (struct row_order){.key.sequence = conn->sequence,
					    .row = {.id = id, .bundle = conn->bundle}};
}

/* Finds the bundles that the query shows as a whole. */
static void row_folds_find_bundles(struct row_folds *folds, const struct row_source *source,
				   const struct row_query *query)
{
	for (const struct bundle *bundle = state_first_bundle(source->state); bundle;
	     bundle = state_next_bundle(source->state, bundle)) {
		const struct conn *conn = state_bundle_newest(source->state, bundle);

		if (!row_folds_matches(source, query, conn))
			continue;
		folds->matched += bundle->count;
		row_folds_add_found(folds, conn, ROW_BUNDLE | bundle_id(bundle));
	}
}

/* Sums up the connections that the query shows, by bundle. Returns false if out of memory. */
static bool row_folds_sum(struct row_folds *folds, const struct row_source *source,
			  const struct row_query *query)
{
	size_t end = row_source_bundle_end(source);
	const struct conn *conn = NULL;

	if (end == 0 || ARRAY_RESERVE(folds->sums, folds->sum_capacity, end))
		return false;
	memset(folds->sums, 0, end * sizeof(*folds->sums));
	while ((conn = row_source_next(source, conn))) {
		folds->begun += conn->bundle != 0;
		if (!conn->bundle || !row_folds_matches(source, query, conn))
			continue;
		folds->matched++;
		column_fold_add(&folds->sums[conn->bundle], conn, row_folds_now(source, conn));
	}
	folds->summed = !source->frozen;
	return true;
}

/* Finds the bundles with connections that were summed up. */
static void row_folds_find_sums(struct row_folds *folds, const struct row_source *source)
{
	const struct bundle *bundle = state_first_bundle(source->state);

	for (size_t i = 0; source->frozen && i < source->frozen_bundle_count; i++) {
		const struct conn *newest = folds->sums[source->frozen_bundles[i]].newest;
		if (newest)
			row_folds_add_found(folds, newest, row_folds_id(newest));
	}
	for (; !source->frozen && bundle; bundle = state_next_bundle(source->state, bundle)) {
		const struct conn *last = state_bundle_newest(source->state, bundle);
		if (folds->sums[last->bundle].newest)
			row_folds_add_found(folds, folds->sums[last->bundle].newest,
					    ROW_BUNDLE | bundle_id(bundle));
	}
}

/* --- order --- */

static void row_folds_fill_key(const struct row_folds *folds, const struct row_source *source,
			       const struct row_query *query, const struct conn *conn,
			       struct row_order *order)
{
	struct column_row row;

	column_row_open(&row, source->state, conn);
	row.now_ns = row_folds_now(source, conn);
	if (row_is_bundle(order->row.id))
		row.fold = &folds->sums[order->row.bundle];
	column_sort_key(query->sort, &row, &order->key);
}

static void row_folds_reverse(struct row_order *items, size_t count)
{
	for (size_t low = 0, high = count; low + 1 < high; low++) {
		struct row_order moved = items[low];

		items[low] = items[--high];
		items[high] = moved;
	}
}

/* Compares the sequences, for qsort: the newest first. */
static int row_folds_compare_ages(const void *a, const void *b)
{
	uint64_t left = ((const struct row_order *)a)->key.sequence;
	uint64_t right = ((const struct row_order *)b)->key.sequence;

	return (left < right) - (left > right);
}

/* Sorts a part of the rows that were found, which are bundles or connections. */
static void row_folds_sort(struct row_folds *folds, const struct row_source *source,
			   const struct row_query *query, size_t first)
{
	struct row_order *items = folds->found + first;
	size_t count = folds->found_count - first;

	if (count == 0)
		return;
	for (size_t i = 0; query->sort && i < count; i++) {
		const struct conn *conn = row_is_bundle(items[i].row.id)
						  ? folds->sums[items[i].row.bundle].newest
						  : row_source_find(source, items[i].row.id);
		row_folds_fill_key(folds, source, query, conn, &items[i]);
	}
	if (query->sort)
		qsort(items, count, sizeof(*items), column_compare_keys);
	/* At an earlier time, the order in which bundles rose since is of no use. */
	else if (query->rewound || !row_is_bundle(items[0].row.id))
		qsort(items, count, sizeof(*items), row_folds_compare_ages);
	if (query->inverted)
		row_folds_reverse(items, count);
}

bool row_folds_sums_up(const struct row_source *source, const struct row_query *query)
{
	return source->frozen || query->rewound || query->sort || row_query_splits_bundles(query);
}

static void row_folds_find(struct row_folds *folds, const struct row_source *source,
			   const struct row_query *query)
{
	folds->found_count = 0;
	folds->matched = 0;
	folds->begun = 0;
	folds->summed = false;
	if (!row_folds_sums_up(source, query))
		row_folds_find_bundles(folds, source, query);
	else if (row_folds_sum(folds, source, query))
		row_folds_find_sums(folds, source);
	row_folds_sort(folds, source, query, 0);
}

/* --- listing --- */

/* Finds the connections of an unfolded bundle, and lists them below its row. */
static void row_folds_list_members(struct row_folds *folds, const struct row_source *source,
				   const struct row_query *query, struct row_list *list,
				   struct listed_row bundle)
{
	size_t first = folds->found_count;
	const struct conn *conn = NULL;

	if (source->frozen) {
		while ((conn = row_source_next(source, conn)))
			if (conn->bundle == bundle.bundle && row_folds_matches(source, query, conn))
				row_folds_add_found(folds, conn, conn->sequence);
	} else {
		const struct bundle *live =
			state_find_bundle(source->state, bundle.id & ~ROW_BUNDLE);
		conn = live ? state_bundle_newest(source->state, live) : NULL;
		for (; conn; conn = state_bundle_older(source->state, conn))
			if (row_folds_matches(source, query, conn))
				row_folds_add_found(folds, conn, conn->sequence);
	}
	row_folds_sort(folds, source, query, first);
	for (size_t i = first; i < folds->found_count; i++)
		row_list_append(list, folds->found[i].row);
	folds->found_count = first;
}

static void row_folds_list_one(struct row_folds *folds, const struct row_source *source,
			       const struct row_query *query, struct row_list *list, size_t at)
{
	struct listed_row row = folds->found[at].row;

	row_list_append(list, row);
	if (row_folds_is_unfolded(folds, row.id))
		row_folds_list_members(folds, source, query, list, row);
}

/* Fills in `kept` for the listed rows, and clears the places in `found` of rows that are new. */
static bool row_folds_find_kept(struct row_folds *folds, const struct row_list *list)
{
	if (ARRAY_RESERVE(folds->kept, folds->kept_capacity, list->count + 1))
		return false;
	memset(folds->kept, 0, list->count * sizeof(*folds->kept));
	for (size_t i = 0; i < folds->found_count; i++) {
		size_t place = row_list_find(list, folds->found[i].row.id);
		if (place != SIZE_MAX)
			folds->kept[place] = (uint32_t)i + 1;
	}
	return true;
}

/* Puts the rows that were found in the order of the list. New rows come first, or are left out and
 * counted if `sorted` is true. */
static void row_folds_keep_order(struct row_folds *folds, const struct row_list *list, bool sorted)
{
	size_t count = folds->found_count;
	struct row_order *found;

	if (count == 0 || !list->indexed || !row_folds_find_kept(folds, list) ||
	    ARRAY_RESERVE(folds->found, folds->found_capacity, 2 * count))
		return;
	found = folds->found;
	/* New rows, in their order. */
	size_t at = count;
	for (size_t i = 0; i < count; i++) {
		if (row_list_find(list, found[i].row.id) != SIZE_MAX)
			continue;
		if (sorted)
			folds->waiting++;
		else
			found[at++] = found[i];
	}
	folds->fresh += at - count;
	for (size_t place = list->count; place-- > 0;)
		if (folds->kept[place])
			found[at++] = found[folds->kept[place] - 1];
	folds->found_count = at - count;
	memmove(found, found + count, folds->found_count * sizeof(*found));
}

static uint64_t row_folds_last_rise(const struct row_source *source)
{
	const struct bundle *first = state_first_bundle(source->state);

	return first ? first->risen : 0;
}

void row_folds_scan(struct row_folds *folds, const struct row_source *source,
		    const struct row_query *query, struct row_list *list, bool keep_order)
{
	size_t count;

	folds->waiting = 0;
	if (!source->frozen)
		folds->risen = row_folds_last_rise(source);
	row_folds_find(folds, source, query);
	if (keep_order)
		row_folds_keep_order(folds, list, query->sort || query->inverted);
	row_list_restart(list);
	count = folds->found_count;
	for (size_t i = 0; i < count; i++)
		row_folds_list_one(folds, source, query, list, i);
	row_list_reverse(list);
	row_list_index(list);
}

/* Returns a connection of a bundle that the query shows; NULL if none of the first ones is. */
static const struct conn *row_folds_match(const struct row_source *source,
					  const struct row_query *query,
					  const struct bundle *bundle)
{
	const struct conn *conn = state_bundle_newest(source->state, bundle);
	size_t max = row_query_splits_bundles(query) ? MATCH_MAX : 1;

	for (size_t i = 0; conn && i < max; i++) {
		if (row_folds_matches(source, query, conn))
			return conn;
		conn = state_bundle_older(source->state, conn);
	}
	return NULL;
}

void row_folds_catch_up(struct row_folds *folds, const struct row_source *source,
			const struct row_query *query, struct row_list *list)
{
	const struct bundle *bundle = state_first_bundle(source->state);
	bool sorted = query->sort || query->inverted;

	folds->found_count = 0;
	for (; bundle && bundle->risen > folds->risen;
	     bundle = state_next_bundle(source->state, bundle)) {
		uint64_t id = ROW_BUNDLE | bundle_id(bundle);
		const struct conn *conn = row_list_find(list, id) == SIZE_MAX
						  ? row_folds_match(source, query, bundle)
						  : NULL;
		if (!conn)
			continue;
		row_folds_add_found(folds, conn, id);
		folds->matched += sorted ? 0 : bundle->count;
	}
	if (sorted) {
		folds->waiting = folds->found_count;
		return;
	}
	folds->risen = row_folds_last_rise(source);
	folds->fresh += folds->found_count;
	for (size_t i = folds->found_count; i-- > 0;)
		row_list_append(list, folds->found[i].row);
}

/* --- one row --- */

/* Sums up the connections of a bundle that the query shows. If the query tests each of them, the
 * sums of a scan in this frame are the same. */
static void row_folds_sum_bundle(const struct row_folds *folds, const struct row_source *source,
				 const struct row_query *query, const struct bundle *bundle,
				 struct column_fold *fold)
{
	const struct conn *conn = state_bundle_newest(source->state, bundle);
	bool splits = row_query_splits_bundles(query);

	if (splits && folds->summed) {
		*fold = folds->sums[conn->bundle];
		return;
	}
	*fold = (struct column_fold){0};
	for (; conn; conn = state_bundle_older(source->state, conn))
		if (!splits || row_folds_matches(source, query, conn))
			column_fold_add(fold, conn, row_folds_now(source, conn));
}

/* Returns the place for the sums of a row: that of the row or, if it has none, the one that was not
 * used for the longest time. */
static struct row_sum *row_folds_find_sum(struct row_folds *folds, uint64_t id)
{
	struct row_sum *oldest = &folds->cache[0];

	for (size_t i = 0; i < ROW_FOLDS_SUMS; i++) {
		if (folds->cache[i].id == id)
			return &folds->cache[i];
		if (folds->cache[i].used_ns < oldest->used_ns)
			oldest = &folds->cache[i];
	}
	*oldest = (struct row_sum){.id = id};
	return oldest;
}

/* Gets the sums of a bundle with many connections, which may be some seconds old. */
static void row_folds_remember_sum(struct row_folds *folds, const struct row_source *source,
				   const struct row_query *query, const struct bundle *bundle,
				   struct column_fold *fold)
{
	struct row_sum *sum = row_folds_find_sum(folds, ROW_BUNDLE | bundle_id(bundle));
	const struct conn *newest;

	sum->used_ns = folds->monotonic_ns;
	if (folds->monotonic_ns >= sum->due_ns) {
		uint64_t start_ns = clock_monotonic_ns();
		row_folds_sum_bundle(folds, source, query, bundle, &sum->fold);
		uint64_t pause_ns = (clock_monotonic_ns() - start_ns) * SUM_PAUSE_RATIO;
		sum->due_ns =
			folds->monotonic_ns + (pause_ns > SUM_PAUSE_NS ? pause_ns : SUM_PAUSE_NS);
		sum->newest = sum->fold.newest ? sum->fold.newest->sequence : 0;
	}
	*fold = sum->fold;
	newest = state_find(source->state, sum->newest);
	if (sum->newest && (!newest || row_folds_id(newest) != sum->id))
		newest = row_folds_match(source, query, bundle);
	fold->newest = newest;
	/* The rows of intervals stand for several connections each. */
	if (row_query_splits_bundles(query))
		return;
	fold->rows = bundle->count;
	if (!newest || !newest->sums)
		fold->count = bundle->count;
}

static void row_folds_get_sum(struct row_folds *folds, const struct row_source *source,
			      const struct row_query *query, const struct listed_row *listed,
			      struct column_fold *fold)
{
	const struct bundle *bundle;

	*fold = (struct column_fold){0};
	if (source->frozen) {
		*fold = folds->sums[listed->bundle];
		return;
	}
	bundle = state_find_bundle(source->state, listed->id & ~ROW_BUNDLE);
	if (!bundle)
		return;
	if (bundle->count <= SUM_MAX)
		row_folds_sum_bundle(folds, source, query, bundle, fold);
	else
		row_folds_remember_sum(folds, source, query, bundle, fold);
}

bool row_folds_copy(struct row_folds *folds, const struct row_source *source,
		    const struct row_query *query, const struct listed_row *listed, struct row *out)
{
	struct column_fold fold = {0};
	const struct conn *conn;

	if (row_is_bundle(listed->id)) {
		row_folds_get_sum(folds, source, query, listed, &fold);
		conn = fold.newest;
		fold.newest = NULL;
	} else {
		conn = row_source_find(source, listed->id);
		if (conn && conn->bundle != listed->bundle)
			return false;
	}
	if (!conn)
		return false;
	out->id = listed->id;
	out->conn = *conn;
	out->fold = fold;
	out->is_member = !row_is_bundle(listed->id);
	return true;
}

const struct conn *row_folds_find_conn(const struct state *state, uint64_t id)
{
	const struct bundle *bundle;

	if (!row_is_bundle(id))
		return state_find(state, id);
	bundle = state_find_bundle(state, id & ~ROW_BUNDLE);
	return bundle ? state_bundle_newest(state, bundle) : NULL;
}

bool row_folds_has(const struct row_source *source, const struct listed_row *listed)
{
	const struct conn *conn;

	if (row_is_bundle(listed->id))
		return source->frozen ||
		       state_find_bundle(source->state, listed->id & ~ROW_BUNDLE) != NULL;
	conn = row_source_find(source, listed->id);
	return conn && conn->bundle == listed->bundle;
}
