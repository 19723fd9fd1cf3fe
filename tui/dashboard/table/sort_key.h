/* SPDX-License-Identifier: Apache-2.0 */
/* Keys to sort connections by, small enough to sort a hundred thousand between two frames. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_SORT_KEY_H
#define POLECAT_TUI_DASHBOARD_TABLE_SORT_KEY_H

#include <stdint.h>

#include "core/state/state.h"
#include "tui/dashboard/table/table_columns.h"

/*
 * Numbers: the largest first, the unknown last. Texts: by their first 16 bytes, and equal texts
 * stand together whatever their length. What compares equal stands in order of arrival, the newest
 * first.
 */
struct sort_key {
	uint64_t high;
	uint64_t low;
	uint64_t tie;
	uint64_t sequence;
};

void sort_key_make(const struct state *state, const struct conn *conn, enum table_column column,
		   struct sort_key *key);

/* For qsort. */
int sort_key_compare(const void *a, const void *b);

#endif
