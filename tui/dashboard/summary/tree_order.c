/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/summary/tree_order.h"

#include <stdlib.h>

#include "core/base/text.h"

void tree_order_set_keys(enum tree_order order, const struct tree_figures *figures,
			 struct tree_item *item)
{
	switch (order) {
	case TREE_BY_PROBLEMS:
		item->keys[0] = figures->hanging;
		item->keys[1] = figures->failed;
		item->keys[2] = figures->denied;
		item->keys[3] = figures->bytes;
		item->keys[4] = figures->connections;
		break;
	case TREE_BY_CONNECTIONS:
		item->keys[0] = figures->connections;
		break;
	case TREE_BY_BYTES:
		item->keys[0] = figures->bytes;
		break;
	case TREE_BY_LAST:
		item->keys[0] = figures->last_ns;
		break;
	case TREE_BY_NAME:
	case TREE_ORDERS:
		break;
	}
}

static int tree_order_compare(const void *a, const void *b)
{
	const struct tree_item *left = a;
	const struct tree_item *right = b;
	int names;

	for (size_t i = 0; i < TREE_KEYS; i++) {
		if (left->keys[i] != right->keys[i])
			return left->keys[i] > right->keys[i] ? -1 : 1;
	}
	names = text_compare(left->name, right->name);
	if (names != 0)
		return names;
	return (left->since_ns > right->since_ns) - (left->since_ns < right->since_ns);
}

void tree_order_sort(struct tree_item *items, size_t count, bool inverted)
{
	if (count > 1)
		qsort(items, count, sizeof(*items), tree_order_compare);
	for (size_t low = 0, high = count; inverted && low + 1 < high; low++) {
		struct tree_item item = items[low];

		items[low] = items[--high];
		items[high] = item;
	}
}
