/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of rows of the table in display order. `items` is in reverse order (its last item is the
 * first row), so that new first rows are appended. Pure; only for the main thread.
 *
 * The id of a row is the sequence number of its connection, or the id of its bundle with
 * ROW_BUNDLE. Neither is used again for another row.
 */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_ROW_LIST_H
#define POLECAT_TUI_DASHBOARD_TABLE_ROW_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"

/* A bit in the id of the row of a bundle. */
#define ROW_BUNDLE ((uint64_t)1 << 63)

static inline bool row_is_bundle(uint64_t id)
{
	return (id & ROW_BUNDLE) != 0;
}

struct listed_row {
	uint64_t id;
	uint32_t bundle; /* conn->bundle of its connections when it was listed; 0: a flat list */
};

/* Zero-initialise; free with row_list_clear. */
struct row_list {
	struct listed_row *items;
	size_t count;
	size_t capacity;
	struct hash_index places; /* of the items, by id; see row_list_index */
	bool indexed;
};

void row_list_clear(struct row_list *list);

/* Removes all rows. */
void row_list_restart(struct row_list *list);

/* Adds a row above the first one. If out of memory, does nothing. */
void row_list_append(struct row_list *list, struct listed_row row);

/* Reverses the order. The list must not be indexed. */
void row_list_reverse(struct row_list *list);

/* Makes row_list_find fast, also for rows that are appended later. */
void row_list_index(struct row_list *list);

/* Returns the index of a row in `items`; SIZE_MAX: not listed. The list must be indexed. */
size_t row_list_find(const struct row_list *list, uint64_t id);

#endif
