/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the summary: a tree of workloads, their pods, and the destinations of the pods, as a
 * list from top to bottom. A workload with one pod has the destinations directly below it.
 *
 * tree_measure looks at every subject in scope, and tree_arrange orders the rows anew. Between two
 * calls of tree_arrange rows keep their places; only folding inserts and removes rows. tree_refresh
 * updates the numbers of rows. So a frame costs as much as the rows on the screen.
 *
 * Draws nothing. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_SUMMARY_TREE_H
#define POLECAT_TUI_DASHBOARD_SUMMARY_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/state/state.h"
#include "tui/dashboard/summary/tree_row.h"

/* Rows unfold only while the list has at most this number of rows. tree_unfold_all leaves workloads
 * and pods that do not fit folded, and pods and destinations that do not fit are counted in a row
 * TREE_MORE. */
#define TREE_ROWS_MAX 20000
/* A row that tree_unfold unfolds has room for this number of rows below it in any case. */
#define TREE_ROWS_LEAST 1000

/* Rows with their own memory. */
struct tree_list {
	struct tree_row *items;
	size_t count;
	size_t capacity;
};

/* Zero-initialise. Free with tree_clear. */
struct tree {
	struct tree_source source;
	struct groups groups;
	struct tree_sums *sums; /* by the index of the group, as of tree_measure */
	size_t sum_count;
	size_t sum_capacity;
	uint8_t *open_subjects; /* enum groups_open, by the index of the subject */
	size_t open_capacity;
	enum tree_order order;
	bool inverted;

	struct tree_list rows;
	struct tree_list scratch;
	/* Of everything in scope, as of tree_measure. */
	size_t group_count; /* workloads, or other groups */
	size_t destinations;
	/* The same numbers at the last tree_arrange. */
	size_t arranged_groups;
	size_t arranged_destinations;
};

/* Returns the number of destinations that appeared after the last tree_arrange. In groups by
 * destination, returns the number of such groups. */
static inline size_t tree_new_destinations(const struct tree *tree)
{
	bool grouped = tree->groups.by == GROUP_BY_DESTINATION;
	size_t count = grouped ? tree->group_count : tree->destinations;
	size_t before = grouped ? tree->arranged_groups : tree->arranged_destinations;

	return count > before ? count - before : 0;
}

void tree_clear(struct tree *tree);

/* Groups and sums up the subjects in scope. Grouping ends soon after `until_ns`
 * (clock_monotonic_ns): see groups_update. */
void tree_measure(struct tree *tree, uint64_t until_ns);

/* Lists the rows in their order. Returns 0, or -ENOMEM with fewer rows. */
int tree_arrange(struct tree *tree);

/* Updates the numbers of rows. */
void tree_refresh(struct tree *tree, size_t first, size_t count);

/* Updates the numbers of the group of the row with an index, and of all rows below it. So they are
 * of the same time. */
void tree_refresh_group(struct tree *tree, size_t index);

/* Unfolds or folds the row with an index. Returns the number of rows that appeared or vanished
 * below it. */
size_t tree_unfold(struct tree *tree, size_t index);
size_t tree_fold(struct tree *tree, size_t index);

/* Divides the tree into other groups. The next tree_measure and tree_arrange list them. */
void tree_group_by(struct tree *tree, enum group_by by);

/* Unfolds all rows that fit, and lists them anew. Returns whether all fit. */
bool tree_unfold_all(struct tree *tree);

/* Folds all rows. The remaining rows keep their order and their numbers. */
void tree_fold_all(struct tree *tree);

/* Returns true if a row is unfolded. */
bool tree_is_unfolded(const struct tree *tree);

/* Return the index of the row of a group, a subject (its group's row, if it is the only member) or
 * an edge; SIZE_MAX: not listed. */
size_t tree_find_group(const struct tree *tree, uint32_t group);
size_t tree_find_subject(const struct tree *tree, const struct subject *subject);
size_t tree_find_edge(const struct tree *tree, const struct edge *edge);

/* Returns the index of the row above, of which the row is a child. */
size_t tree_parent(const struct tree *tree, size_t index);

/* Returns the text of a row's workload, pod, container or program. Not escaped. */
const char *tree_name(const struct tree *tree, const struct tree_row *row);

#endif
