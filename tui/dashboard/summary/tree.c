/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/summary/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "tui/dashboard/summary/tree_order.h"

/* The maximum number of members that are summed up for a row in each frame. It takes a millisecond.
 * The row of a larger group has the sums of the last tree_measure. */
#define REFRESH_MEMBERS 20000

void tree_clear(struct tree *tree)
{
	groups_clear(&tree->groups);
	free(tree->sums);
	free(tree->open_subjects);
	free(tree->rows.items);
	free(tree->scratch.items);
	*tree = (struct tree){0};
}

const char *tree_name(const struct tree *tree, const struct tree_row *row)
{
	const char *name = NULL;

	if (row->kind == TREE_GROUP)
		name = tree->groups.items[row->group].name;
	if (!name && row->subject)
		name = row->subject->display;
	/* The members of a group without a name have the same name. */
	if (!name && row->group < tree->sum_count && tree->sums[row->group].only)
		name = tree->sums[row->group].only->display;
	return name ? name : "";
}

static void tree_refresh_row(const struct tree *tree, struct tree_row *row)
{
	if (row->kind == TREE_GROUP && row->group < tree->sum_count &&
	    tree->groups.items[row->group].member_count > REFRESH_MEMBERS) {
		row->shown = tree->sums[row->group].figures;
		row->children = tree->sums[row->group].members;
		row->subject = NULL;
		return;
	}
	tree_row_refresh(&tree->source, &tree->groups, row);
}

void tree_refresh(struct tree *tree, size_t first, size_t count)
{
	for (size_t i = first; i < tree->rows.count && i - first < count; i++)
		tree_refresh_row(tree, &tree->rows.items[i]);
}

void tree_refresh_group(struct tree *tree, size_t index)
{
	const struct tree_row *rows = tree->rows.items;
	size_t end = index + 1;

	while (index > 0 && rows[index].depth > 0)
		index--;
	while (end < tree->rows.count && rows[end].depth > 0)
		end++;
	/* The sums of a large group are of the last tree_measure. */
	if (rows[index].group < tree->sum_count)
		tree_row_sum_group(&tree->source, &tree->groups, rows[index].group,
				   &tree->sums[rows[index].group]);
	tree_refresh(tree, index, end - index);
}

void tree_measure(struct tree *tree, uint64_t until_ns)
{
	groups_update(&tree->groups, tree->source.state, until_ns);
	tree->group_count = 0;
	tree->destinations = 0;
	tree->sum_count = 0;
	if (ARRAY_RESERVE(tree->sums, tree->sum_capacity, tree->groups.count))
		return;
	tree->sum_count = tree->groups.count;
	for (uint32_t i = 0; i < tree->sum_count; i++) {
		tree_row_sum_group(&tree->source, &tree->groups, i, &tree->sums[i]);
		tree->group_count += tree->sums[i].members > 0;
	}
	for (size_t i = 0; i < state_subject_count(tree->source.state); i++) {
		const struct subject *subject = state_subject(tree->source.state, i);

		tree->destinations += tree_row_edge_count(&tree->source, subject);
	}
}

/* --- rows --- */

static enum groups_open tree_subject_open(const struct tree *tree, const struct subject *subject)
{
	return subject->index < tree->open_capacity ? tree->open_subjects[subject->index]
						    : GROUPS_FOLDED;
}

static void tree_set_subject_open(struct tree *tree, const struct subject *subject,
				  enum groups_open open)
{
	size_t known = tree->open_capacity;

	if (ARRAY_RESERVE(tree->open_subjects, tree->open_capacity, subject->index + 1))
		return;
	for (; known < tree->open_capacity; known++)
		tree->open_subjects[known] = GROUPS_FOLDED;
	tree->open_subjects[subject->index] = (uint8_t)open;
}

/* Returns the length that the list may reach while the rows below a row are added; 0: the row stays
 * folded. */
static size_t tree_limit_below(const struct tree_list *list, enum groups_open open, size_t limit)
{
	size_t least = list->count + TREE_ROWS_LEAST;

	if (open == GROUPS_CHOSEN && limit < least)
		return least;
	return open != GROUPS_FOLDED && list->count < limit ? limit : 0;
}

/* Returns how many of `count` rows to list. If not all fit, leaves room for a row TREE_MORE. */
static size_t tree_fit(const struct tree_list *list, size_t count, size_t limit)
{
	size_t room = limit > list->count ? limit - list->count : 0;

	if (count <= room)
		return count;
	return room > 0 ? room - 1 : 0;
}

/* Adds a row. Returns NULL if the tree is full or if memory is short. */
static struct tree_row *tree_add_row(struct tree_list *list, size_t limit,
				     const struct tree_row *row)
{
	struct tree_row *added =
		list->count < limit ? ARRAY_ADD(list->items, list->count, list->capacity) : NULL;

	if (added)
		*added = *row;
	return added;
}

/* Sets the item of an edge to sort. */
static void tree_set_edge_item(const struct tree *tree, const struct edge *edge,
			       struct tree_item *item)
{
	struct tree_figures figures;

	tree_row_set_edge(&tree->source, edge, &figures);
	*item = (struct tree_item){.since_ns = edge->first_ns, .what = edge};
	tree_order_set_keys(tree->order, &figures, item);
	if (tree->order == TREE_BY_NAME && groups_have_edges(&tree->groups))
		item->name = edge->subject->display;
	else if (tree->order == TREE_BY_NAME)
		item->keys[0] = (uint64_t)UINT16_MAX - edge->port;
}

/* Lists the edges of a subject that have connections. Returns their number. */
static size_t tree_list_edges(const struct tree *tree, const struct subject *subject,
			      struct tree_item *items)
{
	size_t count = 0;

	for (size_t i = 0; i <= subject->edge_count; i++) {
		const struct edge *edge =
			i < subject->edge_count ? subject->edges[i] : subject->overflow;

		if (edge && tree_row_shows_edge(&tree->source, edge))
			tree_set_edge_item(tree, edge, &items[count++]);
	}
	return count;
}

/* Sorts edges, and adds a row for each that fits. `row` has the group, the depth and the subject of
 * all edges (NULL: they have several). */
static int tree_add_edge_rows(const struct tree *tree, struct tree_item *items, size_t count,
			      struct tree_row row, struct tree_list *list, size_t limit)
{
	size_t listed = tree_fit(list, count, limit);
	const struct subject *parent = row.subject;

	tree_order_sort(items, count, tree->inverted);
	for (size_t i = 0; i < listed; i++) {
		row.kind = TREE_EDGE;
		row.edge = items[i].what;
		row.subject = row.edge->subject;
		if (!tree_add_row(list, limit, &row))
			return -ENOMEM;
	}
	if (listed < count) {
		row.kind = TREE_MORE;
		row.edge = NULL;
		row.subject = parent;
		row.children = count - listed;
		tree_add_row(list, SIZE_MAX, &row);
	}
	return 0;
}

static int tree_add_edges(struct tree *tree, const struct subject *subject, uint8_t depth,
			  struct tree_list *list, size_t limit)
{
	CLEANUP_FREE struct tree_item *items = calloc(subject->edge_count + 1, sizeof(*items));
	const struct tree_row row = {
		.depth = depth,
		.group = groups_of(&tree->groups, subject, NULL),
		.subject = subject,
	};

	if (!items)
		return -ENOMEM;
	return tree_add_edge_rows(tree, items, tree_list_edges(tree, subject, items), row, list,
				  limit);
}

/* Returns the number of members of a group that are in scope. */
static size_t tree_count_members(const struct tree *tree, uint32_t at)
{
	const struct summary_group *group = &tree->groups.items[at];
	size_t count = 0;

	for (size_t i = 0; i < group->member_count; i++) {
		struct tree_member member;

		count += tree_row_find_member(&tree->source, &tree->groups, group->members[i],
					      &member);
	}
	return count;
}

/* Lists the members of a group that are in scope. Returns their number. */
static size_t tree_list_members(const struct tree *tree, uint32_t at, struct tree_item *items)
{
	const struct summary_group *group = &tree->groups.items[at];
	size_t count = 0;

	for (size_t i = 0; i < group->member_count; i++) {
		struct tree_figures figures = {0};
		struct tree_member member;

		if (!tree_row_find_member(&tree->source, &tree->groups, group->members[i], &member))
			continue;
		if (member.edge) {
			tree_set_edge_item(tree, member.edge, &items[count++]);
			continue;
		}
		tree_row_add_subject(&tree->source, member.subject, &figures);
		items[count] = (struct tree_item){.name = member.subject->display,
						  .since_ns = member.subject->first_ns,
						  .what = member.subject};
		tree_order_set_keys(tree->order, &figures, &items[count]);
		count++;
	}
	return count;
}

/* Adds the row of a subject and, if it is unfolded, those of its edges. */
static int tree_add_subject(struct tree *tree, const struct subject *subject, uint32_t group,
			    struct tree_list *list, size_t limit)
{
	struct tree_row row = {
		.kind = TREE_SUBJECT, .depth = 1, .group = group, .subject = subject};
	size_t below = 0;
	size_t at = list->count;

	if (!tree_add_row(list, SIZE_MAX, &row))
		return -ENOMEM;
	below = tree_limit_below(list, tree_subject_open(tree, subject), limit);
	list->items[at].open = below > 0;
	return below > 0 ? tree_add_edges(tree, subject, 2, list, below) : 0;
}

/* Adds the rows below a group's row. */
static int tree_add_below_group(struct tree *tree, uint32_t group, struct tree_list *list,
				size_t limit)
{
	size_t members = tree->groups.items[group].member_count;
	CLEANUP_FREE struct tree_item *items = calloc(members + 1, sizeof(*items));
	size_t count;
	size_t listed;
	int err = 0;

	if (!items)
		return -ENOMEM;
	count = tree_list_members(tree, group, items);
	if (groups_have_edges(&tree->groups))
		return tree_add_edge_rows(tree, items, count,
					  (struct tree_row){.depth = 1, .group = group}, list,
					  limit);
	if (count == 1 && tree->groups.by == GROUP_BY_WORKLOAD)
		return tree_add_edges(tree, items[0].what, 1, list, limit);
	tree_order_sort(items, count, tree->inverted);
	listed = tree_fit(list, count, limit);
	for (size_t i = 0; i < listed && !err; i++) {
		/* Leave a row for each of the other subjects, and for TREE_MORE. */
		size_t others = listed - i - 1 + (listed < count);

		err = tree_add_subject(tree, items[i].what, group, list,
				       limit > others ? limit - others : 0);
	}
	if (listed < count && !err) {
		const struct tree_row more = {
			.kind = TREE_MORE, .depth = 1, .group = group, .children = count - listed};

		tree_add_row(list, SIZE_MAX, &more);
	}
	return err;
}

/* Lists the groups with subjects in scope, in their order. Returns their number. */
static size_t tree_list_groups(const struct tree *tree, struct tree_item *items)
{
	size_t count = 0;

	for (uint32_t i = 0; i < tree->sum_count; i++) {
		const struct tree_sums *sums = &tree->sums[i];
		const char *name = tree->groups.items[i].name;

		if (sums->members == 0)
			continue;
		items[count] = (struct tree_item){.name = name ? name : sums->only->display,
						  .since_ns = sums->only->first_ns,
						  .group = i};
		tree_order_set_keys(tree->order, &sums->figures, &items[count]);
		count++;
	}
	tree_order_sort(items, count, tree->inverted);
	return count;
}

int tree_arrange(struct tree *tree)
{
	CLEANUP_FREE struct tree_item *items = calloc(tree->sum_count + 1, sizeof(*items));
	struct tree_list *list = &tree->rows;
	size_t count;
	int err = 0;

	list->count = 0;
	tree->arranged_groups = tree->group_count;
	tree->arranged_destinations = tree->destinations;
	if (!items)
		return -ENOMEM;
	count = tree_list_groups(tree, items);
	for (size_t i = 0; i < count && !err; i++) {
		uint32_t group = items[i].group;
		const struct tree_sums *sums = &tree->sums[group];
		/* Leave a row for each of the other workloads. */
		size_t others = count - i - 1;
		size_t limit = others < TREE_ROWS_MAX ? TREE_ROWS_MAX - others : 0;
		size_t at = list->count;
		const struct tree_row row = {
			.kind = TREE_GROUP,
			.group = group,
			.subject = tree->groups.by == GROUP_BY_WORKLOAD && sums->members == 1
					   ? sums->only
					   : NULL,
			.children = sums->members,
			.listed = sums->members,
			.shown = sums->figures,
		};

		if (!tree_add_row(list, SIZE_MAX, &row))
			return -ENOMEM;
		limit = tree_limit_below(list, tree->groups.items[group].open, limit);
		list->items[at].open = limit > 0;
		if (limit > 0)
			err = tree_add_below_group(tree, group, list, limit);
	}
	return err;
}

/* Inserts the rows of the scratch list below a row. Returns their number. */
static size_t tree_insert_scratch(struct tree *tree, size_t index)
{
	struct tree_list *rows = &tree->rows;
	size_t added = tree->scratch.count;
	struct tree_row *at;

	if (ARRAY_RESERVE(rows->items, rows->capacity, rows->count + added))
		return 0;
	at = rows->items + index + 1;
	memmove(at + added, at, (rows->count - index - 1) * sizeof(*at));
	if (added > 0)
		memcpy(at, tree->scratch.items, added * sizeof(*at));
	rows->count += added;
	return added;
}

size_t tree_unfold(struct tree *tree, size_t index)
{
	struct tree_row *row = &tree->rows.items[index];
	size_t room = tree->rows.count < TREE_ROWS_MAX ? TREE_ROWS_MAX - tree->rows.count : 0;
	int err;

	if (row->open || row->kind > TREE_SUBJECT)
		return 0;
	if (room < TREE_ROWS_LEAST)
		room = TREE_ROWS_LEAST;
	tree->scratch.count = 0;
	if (row->kind == TREE_GROUP) {
		tree->groups.items[row->group].open = GROUPS_CHOSEN;
		row->listed = tree_count_members(tree, row->group);
		err = tree_add_below_group(tree, row->group, &tree->scratch, room);
	} else {
		tree_set_subject_open(tree, row->subject, GROUPS_CHOSEN);
		err = tree_add_edges(tree, row->subject, row->depth + 1, &tree->scratch, room);
	}
	row->open = !err;
	return err ? 0 : tree_insert_scratch(tree, index);
}

size_t tree_fold(struct tree *tree, size_t index)
{
	struct tree_list *rows = &tree->rows;
	struct tree_row *row = &rows->items[index];
	size_t end = index + 1;

	if (!row->open)
		return 0;
	if (row->kind == TREE_GROUP)
		tree->groups.items[row->group].open = GROUPS_FOLDED;
	else
		tree_set_subject_open(tree, row->subject, GROUPS_FOLDED);
	row->open = false;
	while (end < rows->count && rows->items[end].depth > row->depth)
		end++;
	memmove(row + 1, rows->items + end, (rows->count - end) * sizeof(*row));
	rows->count -= end - index - 1;
	return end - index - 1;
}

static void tree_set_all_open(struct tree *tree, enum groups_open open)
{
	for (size_t i = 0; i < tree->groups.count; i++)
		tree->groups.items[i].open = (uint8_t)open;
	for (size_t i = 0; i < state_subject_count(tree->source.state); i++)
		tree_set_subject_open(tree, state_subject(tree->source.state, i), open);
}

bool tree_unfold_all(struct tree *tree)
{
	tree_set_all_open(tree, GROUPS_UNFOLDED);
	tree_arrange(tree);
	for (size_t i = 0; i < tree->rows.count; i++) {
		const struct tree_row *row = &tree->rows.items[i];

		if (row->kind == TREE_MORE || (row->kind <= TREE_SUBJECT && !row->open))
			return false;
	}
	return true;
}

void tree_fold_all(struct tree *tree)
{
	struct tree_list *rows = &tree->rows;
	size_t count = 0;

	tree_set_all_open(tree, GROUPS_FOLDED);
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].depth > 0)
			continue;
		rows->items[count] = rows->items[i];
		rows->items[count++].open = false;
	}
	rows->count = count;
}

bool tree_is_unfolded(const struct tree *tree)
{
	for (size_t i = 0; i < tree->rows.count; i++) {
		if (tree->rows.items[i].open)
			return true;
	}
	return false;
}

void tree_group_by(struct tree *tree, enum group_by by)
{
	groups_divide(&tree->groups, by);
	tree->rows.count = 0;
	tree->sum_count = 0;
}

/* --- places --- */

size_t tree_find_group(const struct tree *tree, uint32_t group)
{
	for (size_t i = 0; i < tree->rows.count; i++) {
		const struct tree_row *row = &tree->rows.items[i];

		if (row->kind == TREE_GROUP && row->group == group)
			return i;
	}
	return SIZE_MAX;
}

size_t tree_find_subject(const struct tree *tree, const struct subject *subject)
{
	for (size_t i = 0; i < tree->rows.count; i++) {
		const struct tree_row *row = &tree->rows.items[i];

		if (row->kind <= TREE_SUBJECT && row->subject == subject)
			return i;
	}
	return SIZE_MAX;
}

size_t tree_find_edge(const struct tree *tree, const struct edge *edge)
{
	for (size_t i = 0; i < tree->rows.count; i++) {
		if (tree->rows.items[i].kind == TREE_EDGE && tree->rows.items[i].edge == edge)
			return i;
	}
	return SIZE_MAX;
}

size_t tree_parent(const struct tree *tree, size_t index)
{
	const struct tree_row *rows = tree->rows.items;
	uint8_t depth = rows[index].depth;

	while (index > 0 && rows[index].depth >= depth && depth > 0)
		index--;
	return index;
}
