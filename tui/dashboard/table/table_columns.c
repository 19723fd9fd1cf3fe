/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/table_columns.h"

/* Widths of a column: it is dropped below the least, and never grows beyond the most. */
struct column_shape {
	const char *heading;
	int least;
	int usual; /* columns of less importance come only when the others have this */
	int most;
	bool number;
};

static const struct column_shape shapes[COLUMN_COUNT] = {
	[COLUMN_NODE] = {"NODE", 8, 10, 24, false},
	[COLUMN_NAMESPACE] = {"NAMESPACE", 9, 12, 24, false},
	[COLUMN_SUBJECT] = {"POD", 12, 22, 44, false},
	[COLUMN_CONTAINER] = {"CONTAINER", 9, 12, 24, false},
	[COLUMN_PID] = {"PID", 7, 7, 7, true},
	[COLUMN_COMM] = {"COMM", 6, 13, 15, false},
	[COLUMN_DIRECTION] = {"", 1, 1, 1, false},
	[COLUMN_PEER] = {"PEER", 12, 26, 60, false},
	[COLUMN_ADDRESS] = {"ADDRESS", 15, 15, 39, false},
	[COLUMN_PORT] = {"PORT", 5, 5, 5, true},
	[COLUMN_STATE] = {"STATE", 11, 11, 14, false},
	[COLUMN_LATENCY] = {"LAT", 6, 6, 6, true},
	[COLUMN_RTT] = {"RTT", 6, 6, 6, true},
	[COLUMN_TX] = {"TX", 4, 4, 5, true},
	[COLUMN_RX] = {"RX", 4, 4, 5, true},
	[COLUMN_AGE] = {"AGE", 5, 5, 6, true},
};

/* What a state needs where policies were loaded: the sign of the denied behind a blank. */
#define STATE_COLUMNS_WITH_SIGN 13

static int least_width(enum table_column column, const struct table_facts *facts)
{
	if (column == COLUMN_STATE && facts->policies)
		return STATE_COLUMNS_WITH_SIGN;
	return shapes[column].least;
}

static int usual_width(enum table_column column, const struct table_facts *facts)
{
	int least = least_width(column, facts);

	return shapes[column].usual > least ? shapes[column].usual : least;
}

/* The most telling first. Those of the first line are the table; the others come as the screen
 * allows. */
static const enum table_column importance[] = {
	COLUMN_DIRECTION, COLUMN_PEER,    COLUMN_STATE,     COLUMN_COMM,
	COLUMN_PORT,      COLUMN_SUBJECT, COLUMN_LATENCY,   COLUMN_TX,
	COLUMN_RX,        COLUMN_PID,     COLUMN_AGE,       COLUMN_NAMESPACE,
	COLUMN_NODE,      COLUMN_ADDRESS, COLUMN_CONTAINER, COLUMN_RTT,
};
#define IMPORTANCE_COUNT (sizeof(importance) / sizeof(*importance))
#define BASIC_COUNT      9

bool table_column_is_useful(enum table_column column, const struct table_facts *facts)
{
	switch (column) {
	case COLUMN_NODE:
		return facts->nodes;
	case COLUMN_NAMESPACE:
		return facts->pods;
	case COLUMN_SUBJECT:
		return facts->pods || facts->containers;
	case COLUMN_CONTAINER:
		return facts->pods && facts->containers;
	case COLUMN_ADDRESS:
		return facts->names;
	default:
		return true;
	}
}

const char *table_column_heading(enum table_column column, const struct table_facts *facts)
{
	if (column == COLUMN_SUBJECT && !facts->pods)
		return "CONTAINER";
	return shapes[column].heading;
}

bool table_column_is_number(enum table_column column)
{
	return shapes[column].number;
}

/* Columns that the chosen ones take, each with its least or its usual width, blanks between
 * included. */
static int chosen_width(const struct table_facts *facts, const bool chosen[COLUMN_COUNT],
			bool usual)
{
	int width = TABLE_MARGIN - 1;

	for (int column = 0; column < COLUMN_COUNT; column++) {
		enum table_column of = (enum table_column)column;

		if (chosen[column])
			width += 1 + (usual ? usual_width(of, facts) : least_width(of, facts));
	}
	return width;
}

static void choose_by_importance(const struct table_facts *facts, int width,
				 bool chosen[COLUMN_COUNT])
{
	for (size_t i = 0; i < IMPORTANCE_COUNT; i++) {
		if (!table_column_is_useful(importance[i], facts))
			continue;
		chosen[importance[i]] = true;
		if (chosen_width(facts, chosen, i >= BASIC_COUNT) > width) {
			/* What is less important does not take the place that was too small for
			 * this. */
			chosen[importance[i]] = false;
			return;
		}
	}
}

static bool choose_all(const struct table_facts *facts, int width, int pan,
		       bool chosen[COLUMN_COUNT])
{
	bool more = false;

	for (int column = 0; column < COLUMN_COUNT; column++) {
		if (!table_column_is_useful((enum table_column)column, facts))
			continue;
		if (pan > 0) {
			pan--;
			continue;
		}
		chosen[column] = !more;
		if (chosen[column] && chosen_width(facts, chosen, false) > width) {
			chosen[column] = false;
			more = true;
		}
	}
	return more;
}

/* Gives what is left to the columns that gain from it, one column at a time, the poorest first. */
static void widen(const struct table_facts *facts, const bool chosen[COLUMN_COUNT], int width,
		  int widths[COLUMN_COUNT])
{
	int left = width - chosen_width(facts, chosen, false);

	for (int column = 0; column < COLUMN_COUNT; column++)
		widths[column] = least_width((enum table_column)column, facts);
	while (left > 0) {
		int best = -1;

		for (int column = 0; column < COLUMN_COUNT; column++) {
			const struct column_shape *shape = &shapes[column];

			if (!chosen[column] || widths[column] >= shape->most)
				continue;
			/* Compared by how much of its usual width each has. */
			if (best < 0 ||
			    widths[column] * shapes[best].usual < widths[best] * shape->usual)
				best = column;
		}
		if (best < 0)
			return;
		widths[best]++;
		left--;
	}
}

void table_columns_choose(const struct table_facts *facts, int width, bool wide, int pan,
			  struct table_columns *out)
{
	bool chosen[COLUMN_COUNT] = {false};
	int widths[COLUMN_COUNT];
	int start = TABLE_MARGIN;

	out->count = 0;
	out->more = false;
	if (wide)
		out->more = choose_all(facts, width, pan, chosen);
	else
		choose_by_importance(facts, width, chosen);
	widen(facts, chosen, width, widths);
	for (int column = 0; column < COLUMN_COUNT; column++) {
		if (!chosen[column])
			continue;
		out->slots[out->count++] =
			(struct table_slot){(enum table_column)column, start, widths[column]};
		start += widths[column] + 1;
	}
}
