/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/table_layout.h"

#include <string.h>

/* Columns of importance 1 (the most important) to this number are chosen even if they only fit with
 * their least width. Other columns are chosen only if all chosen columns fit with their usual
 * width. */
#define BASIC_IMPORTANCE 11
/* The same if rows stand for several connections: their number takes the room of the column of
 * importance 11, so that names stay as wide as without it. */
#define BASIC_WITH_REPEATS 10

/* Width of the sign of a denied flow, and of the blank before it. */
#define SIGN_WIDTH 2
/* Width of CELL_NEW, the mark of a new destination, and of the blank before it. */
#define NEW_WIDTH 4

/* The useful columns (see struct table_facts), from left to right. chosen[i] and widths[i] are
 * about columns[i]. */
struct choice {
	const struct column *columns[COLUMN_MAX];
	size_t count;
	bool chosen[COLUMN_MAX];
	int widths[COLUMN_MAX];
	int sign_width; /* of the signs in the column of the state */
	int basic;      /* BASIC_IMPORTANCE or BASIC_WITH_REPEATS */
};

static bool table_layout_is_useful(const struct column *column, const struct table_facts *facts)
{
	unsigned int known = (facts->pods ? COLUMN_NEEDS_POD : 0) |
			     (facts->containers ? COLUMN_NEEDS_CONTAINER : 0) |
			     (facts->pods || facts->containers ? COLUMN_NEEDS_WORKLOAD : 0) |
			     (facts->nodes ? COLUMN_NEEDS_NODES : 0) |
			     (facts->names ? COLUMN_NEEDS_NAME : 0) |
			     (facts->drops ? COLUMN_NEEDS_DROP : 0) |
			     (facts->repeats ? COLUMN_NEEDS_REPEATS : 0);

	return (column->table.needs & ~known) == 0;
}

static void table_layout_list(const struct table_facts *facts, struct choice *choice)
{
	const struct column *columns[COLUMN_MAX];
	size_t count = column_list_table(columns);

	*choice = (struct choice){
		.sign_width =
			(facts->policies ? SIGN_WIDTH : 0) + (facts->baseline ? NEW_WIDTH : 0),
		.basic = facts->repeats ? BASIC_WITH_REPEATS : BASIC_IMPORTANCE,
	};
	for (size_t i = 0; i < count; i++)
		if (table_layout_is_useful(columns[i], facts))
			choice->columns[choice->count++] = columns[i];
}

/* Returns the width of the signs beside the text of a column. The widths in struct column_in_table
 * are those of the text alone. */
static int table_layout_signs(const struct choice *choice, size_t i)
{
	return choice->columns[i]->table.has_sign ? choice->sign_width : 0;
}

static int table_layout_least(const struct choice *choice, size_t i)
{
	return choice->columns[i]->table.least + table_layout_signs(choice, i);
}

static int table_layout_usual(const struct choice *choice, size_t i)
{
	return choice->columns[i]->table.usual + table_layout_signs(choice, i);
}

static int table_layout_most(const struct choice *choice, size_t i)
{
	return choice->columns[i]->table.most + table_layout_signs(choice, i);
}

/* Returns the width that a column should have: for the state its largest width, because its few
 * words must not be cut, and for other columns their usual width. */
static int table_layout_wanted(const struct choice *choice, size_t i)
{
	return choice->columns[i]->table.has_sign ? table_layout_most(choice, i)
						  : table_layout_usual(choice, i);
}

/* Sums the least or the usual widths of the chosen columns and the blanks between them. */
static int table_layout_width(const struct choice *choice, bool usual)
{
	int width = TABLE_MARGIN - 1;

	for (size_t i = 0; i < choice->count; i++)
		if (choice->chosen[i])
			width += 1 + (usual ? table_layout_usual(choice, i)
					    : table_layout_least(choice, i));
	return width;
}

/* Returns the most important column that is not chosen yet. Returns choice->count if all are
 * chosen. */
static size_t table_layout_next(const struct choice *choice)
{
	size_t next = choice->count;

	for (size_t i = 0; i < choice->count; i++)
		if (!choice->chosen[i] &&
		    (next == choice->count || choice->columns[i]->table.importance <
						      choice->columns[next]->table.importance))
			next = i;
	return next;
}

static void table_layout_choose_by_importance(struct choice *choice, int width)
{
	size_t next;

	while ((next = table_layout_next(choice)) < choice->count) {
		bool basic = choice->columns[next]->table.importance <= choice->basic;

		choice->chosen[next] = true;
		if (table_layout_width(choice, !basic) <= width)
			continue;
		/* Stop here: a less important column must not replace one that did not fit. */
		choice->chosen[next] = false;
		return;
	}
}

/* Chooses the columns from index `pan` on, as many as fit. Returns true if columns to the right did
 * not fit. */
static bool table_layout_choose_all(struct choice *choice, int width, int pan)
{
	for (size_t i = (size_t)pan; i < choice->count; i++) {
		choice->chosen[i] = true;
		if (table_layout_width(choice, false) > width) {
			choice->chosen[i] = false;
			return true;
		}
	}
	return false;
}

/* Distributes the remaining width. Each step widens one column by one: the column that is narrowest
 * in relation to the width that it wants. */
static void table_layout_widen(struct choice *choice, int width)
{
	int left = width - table_layout_width(choice, false);

	for (size_t i = 0; i < choice->count; i++)
		choice->widths[i] = table_layout_least(choice, i);
	for (; left > 0; left--) {
		size_t best = choice->count;

		for (size_t i = 0; i < choice->count; i++) {
			if (!choice->chosen[i] || choice->widths[i] >= table_layout_most(choice, i))
				continue;
			if (best == choice->count ||
			    choice->widths[i] * table_layout_wanted(choice, best) <
				    choice->widths[best] * table_layout_wanted(choice, i))
				best = i;
		}
		if (best == choice->count)
			return;
		choice->widths[best]++;
	}
}

void table_layout_choose(const struct table_facts *facts, const struct table_choice *user,
			 int width, struct table_layout *out)
{
	struct choice choice;
	int start = TABLE_MARGIN;
	bool chosen = !user->wide && user->columns->count > 0;

	table_layout_list(facts, &choice);
	if (chosen) {
		memcpy(choice.columns, user->columns->items, sizeof(choice.columns));
		choice.count = user->columns->count;
	}
	out->count = 0;
	out->more = false;
	if (user->wide || chosen)
		out->more = table_layout_choose_all(&choice, width, user->pan);
	else
		table_layout_choose_by_importance(&choice, width);
	table_layout_widen(&choice, width);
	for (size_t i = 0; i < choice.count; i++) {
		if (!choice.chosen[i])
			continue;
		out->slots[out->count++] =
			(struct table_slot){choice.columns[i], start, choice.widths[i]};
		start += choice.widths[i] + 1;
	}
}

const char *table_layout_heading(const struct column *column, const struct table_facts *facts)
{
	if (!facts->pods && column->table.without_pods)
		return column->table.without_pods;
	return column->table.heading ? column->table.heading : column->name;
}

size_t table_layout_useful(const struct table_facts *facts, const struct column *list[COLUMN_MAX])
{
	struct choice choice;

	table_layout_list(facts, &choice);
	memcpy(list, choice.columns, sizeof(choice.columns));
	return choice.count;
}

const struct column *table_layout_neighbour(const struct column *column, int direction,
					    const struct table_facts *facts)
{
	struct choice choice;
	size_t at = 0;

	table_layout_list(facts, &choice);
	while (at < choice.count && choice.columns[at] != column)
		at++;
	/* The index after the last column stands for no sorting. */
	at = (at + choice.count + 1 + (size_t)direction) % (choice.count + 1);
	return at < choice.count ? choice.columns[at] : NULL;
}
