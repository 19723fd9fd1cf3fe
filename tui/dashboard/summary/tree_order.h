/* SPDX-License-Identifier: Apache-2.0 */
/* Sorts the rows of one parent. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_SUMMARY_TREE_ORDER_H
#define POLECAT_TUI_DASHBOARD_SUMMARY_TREE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/dashboard/summary/tree_row.h"

#define TREE_KEYS 5

/* A row to sort. */
struct tree_item {
	uint64_t keys[TREE_KEYS]; /* the largest first */
	uint64_t since_ns;        /* equal rows: the earliest first */
	const char *name;
	const void *what; /* the row's subject or edge; NULL: a group */
	uint32_t group;
};

/* Sets the keys of an item. */
void tree_order_set_keys(enum tree_order order, const struct tree_figures *figures,
			 struct tree_item *item);

void tree_order_sort(struct tree_item *items, size_t count, bool inverted);

#endif
