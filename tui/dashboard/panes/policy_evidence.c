/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/policy_evidence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "tui/dashboard/panes/policy_rule_text.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/table/share.h"
#include "tui/dashboard/view/edge_set.h"

/* From this width on, a row has the names of the peer beside its address. */
#define NAMES_COLUMNS 90
/* From this height on, the columns have titles. */
#define TITLE_ROWS 4
/* The columns of a row. The first ones are texts, which share the width that the numbers leave. */
#define TEXT_COLUMN 2
#define GAP         2

enum evidence_column {
	EVIDENCE_SUBJECT = 0,
	EVIDENCE_PEER,
	EVIDENCE_NAMES,
	EVIDENCE_TEXTS, /* the number of texts */
	EVIDENCE_PORT = EVIDENCE_TEXTS,
	EVIDENCE_CONNECTIONS,
	EVIDENCE_FAILED,
	EVIDENCE_FIRST,
	EVIDENCE_LAST,
	EVIDENCE_COLUMNS,
};

static const char *const titles[EVIDENCE_COLUMNS] = {"FROM", "PEER", "NAMES", "PORT",
						     "CONN", "FAIL", "FIRST", "LAST"};
/* The widths of the numbers, and the least widths of the texts: those of their titles. */
static const int column_widths[EVIDENCE_COLUMNS] = {4, 4, 5, 9, 6, 5, 5, 4};

void policy_evidence_clear(struct policy_evidence *evidence)
{
	free(evidence->rows);
	*evidence = (struct policy_evidence){.rows = NULL};
}

static int policy_evidence_compare(const void *a, const void *b)
{
	const struct evidence_row *x = a;
	const struct evidence_row *y = b;

	if (x->connections != y->connections)
		return x->connections > y->connections ? -1 : 1;
	return x->edge->first_ns < y->edge->first_ns ? -1 : x->edge->first_ns > y->edge->first_ns;
}

/* The place that an edge had in the list before. */
struct evidence_place {
	const struct edge *edge;
	size_t place;
};

static int policy_evidence_compare_places(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct evidence_place *)a)->edge;
	uintptr_t y = (uintptr_t)((const struct evidence_place *)b)->edge;

	return (x > y) - (x < y);
}

/* Puts the new rows into the order of the old ones. Rows without an old place keep their order, and
 * follow. */
static int policy_evidence_keep_places(const struct policy_evidence *old, struct evidence_row *rows,
				       size_t count)
{
	CLEANUP_FREE struct evidence_place *places = calloc(old->count + 1, sizeof(*places));
	CLEANUP_FREE struct evidence_row *sorted = calloc(old->count + count + 1, sizeof(*sorted));
	size_t next = old->count;
	size_t kept = 0;

	if (!places || !sorted)
		return -ENOMEM;
	for (size_t i = 0; i < old->count; i++)
		places[i] = (struct evidence_place){.edge = old->rows[i].edge, .place = i};
	qsort(places, old->count, sizeof(*places), policy_evidence_compare_places);
	for (size_t i = 0; i < count; i++) {
		const struct evidence_place wanted = {.edge = rows[i].edge};
		const struct evidence_place *found =
			bsearch(&wanted, places, old->count, sizeof(*places),
				policy_evidence_compare_places);

		sorted[found ? found->place : next++] = rows[i];
	}
	for (size_t i = 0; i < next; i++) {
		if (sorted[i].edge)
			rows[kept++] = sorted[i];
	}
	return 0;
}

/* Fills in the rows of a rule. */
static void policy_evidence_fill(const struct draft_rule *rule, struct evidence_row *rows)
{
	size_t item = 0;
	size_t end = 0; /* the first row after those of the item */

	for (size_t i = 0; i < rule->edges.count; i++) {
		const struct draft_rule_edge *numbers = &rule->numbers[i];

		rows[i] = (struct evidence_row){
			.edge = numbers->edge,
			.connections = rule->kind == DRAFT_RULE_LEFT_OUT ? numbers->conn_count
									 : numbers->ok_count,
			.failed = numbers->failed_count,
			.last_ns = numbers->last_ns,
		};
		while (i >= end && item < rule->left_out.count)
			end += rule->left_out.items[item++].edges.count;
		if (item > 0)
			rows[i].detail = rule->left_out.items[item - 1].detail;
	}
}

int policy_evidence_show(struct policy_evidence *evidence, const struct draft_rule *rule, bool same)
{
	size_t count = rule ? rule->edges.count : 0;
	struct evidence_row *rows = calloc(count + 1, sizeof(*rows));
	int err = 0;

	if (!rows)
		return -ENOMEM;
	if (rule)
		policy_evidence_fill(rule, rows);
	if (count > 1)
		qsort(rows, count, sizeof(*rows), policy_evidence_compare);
	if (same && evidence->entered && evidence->count > 0)
		err = policy_evidence_keep_places(evidence, rows, count);
	if (err) {
		free(rows);
		return err;
	}
	free(evidence->rows);
	evidence->rows = rows;
	evidence->count = count;
	evidence->rule = rule ? *rule : (struct draft_rule){.kind = 0};
	if (!same)
		evidence->list = (struct list_cursor){.selects = true};
	if (!same || count == 0)
		evidence->entered = false;
	return 0;
}

bool policy_evidence_is_for(const struct policy_evidence *evidence, const struct draft_rule *rule,
			    bool current)
{
	struct edge_set shown = {0};
	bool same = false;

	if (!rule || evidence->rule.kind != rule->kind ||
	    evidence->rule.direction != rule->direction)
		return false;
	if (current)
		return evidence->rule.numbers == rule->numbers &&
		       evidence->rule.index == rule->index;
	if (evidence->count == 0)
		return evidence->rule.index == rule->index;
	for (size_t i = 0; i < evidence->count; i++) {
		/* If out of memory, do not count the other destinations. */
		if (edge_set_add(&shown, evidence->rows[i].edge))
			break;
	}
	for (size_t i = 0; !same && i < rule->edges.count; i++)
		same = edge_set_has(&shown, rule->edges.items[i]);
	edge_set_clear(&shown);
	return same;
}

void policy_evidence_fit(struct policy_evidence *evidence, int rows)
{
	struct list_cursor *list = &evidence->list;

	evidence->heading = rows >= TITLE_ROWS ? 2 : 1;
	list->selects = true;
	list_cursor_fit(list, evidence->count, rows - evidence->heading);
}

const struct edge *policy_evidence_at(const struct policy_evidence *evidence)
{
	return evidence->entered && evidence->list.cursor < evidence->count
		       ? evidence->rows[evidence->list.cursor].edge
		       : NULL;
}

/* Writes the text of a column. If `names` is set, the names of the peer have a column of their
 * own. */
static void policy_evidence_write(const struct evidence_row *row, enum evidence_column column,
				  bool names, const struct context *context, char text[CELL_SIZE])
{
	const struct edge *edge = row->edge;
	uint64_t now_ns = context_now(context, edge->subject->node_index);
	const char *note = edge->dns ? edge->dns : row->detail;

	text[0] = '\0';
	switch (column) {
	case EVIDENCE_SUBJECT:
		snprintf(text, CELL_SIZE, "%s", edge->subject->display);
		break;
	case EVIDENCE_PEER:
		if (names && edge->dns)
			address_format(edge->family, &edge->peer, text);
		else
			cell_edge_peer(context->state, edge, text);
		break;
	case EVIDENCE_NAMES:
		snprintf(text, CELL_SIZE, "%s", note ? note : "");
		break;
	case EVIDENCE_PORT:
		cell_port(edge, text);
		break;
	case EVIDENCE_CONNECTIONS:
		text_short_number(row->connections, text);
		break;
	case EVIDENCE_FAILED:
		if (row->failed)
			text_short_number(row->failed, text);
		break;
	case EVIDENCE_FIRST:
		text_short_age(now_ns, edge->first_ns, text);
		break;
	case EVIDENCE_LAST:
		text_short_age(now_ns, row->last_ns, text);
		break;
	case EVIDENCE_COLUMNS:
		break;
	}
}

/* The widths of the columns; 0: not shown. */
struct evidence_layout {
	int widths[EVIDENCE_COLUMNS];
	bool names;
};

/* Gives the texts the widths that the visible rows need. */
static struct evidence_layout policy_evidence_layout(const struct policy_evidence *evidence,
						     const struct context *context, int columns)
{
	struct evidence_layout layout = {.names = columns >= NAMES_COLUMNS};
	bool left_out = evidence->rule.kind == DRAFT_RULE_LEFT_OUT;
	int total = columns - TEXT_COLUMN;
	int needs[EVIDENCE_TEXTS] = {0};
	char text[CELL_SIZE];

	for (int i = EVIDENCE_TEXTS; i < EVIDENCE_COLUMNS; i++) {
		if (i == EVIDENCE_FAILED && !left_out)
			continue;
		if (i == EVIDENCE_FIRST && !layout.names)
			continue;
		layout.widths[i] = column_widths[i];
		total -= column_widths[i] + 1;
	}
	for (size_t i = evidence->list.top;
	     i < evidence->count && i < evidence->list.top + evidence->list.height; i++) {
		for (int j = 0; j < EVIDENCE_TEXTS; j++) {
			if (j == EVIDENCE_NAMES && !layout.names)
				continue;
			policy_evidence_write(&evidence->rows[i], (enum evidence_column)j,
					      layout.names, context, text);
			if (*text && needs[j] < column_widths[j])
				needs[j] = column_widths[j];
			if (needs[j] < (int)text_width(text))
				needs[j] = (int)text_width(text);
		}
	}
	/* The arrow stands between the first two texts. */
	share_columns(total - 3 * GAP - 2, needs, EVIDENCE_TEXTS, layout.widths);
	return layout;
}

/* Draws one cell of every column: the titles if `row` is NULL. */
static void policy_evidence_draw_row(const struct evidence_row *row,
				     const struct evidence_layout *layout,
				     const struct context *context, const struct canvas *line)
{
	int column = TEXT_COLUMN;
	char text[CELL_SIZE];

	for (int i = 0; i < EVIDENCE_COLUMNS; i++) {
		int width = layout->widths[i];
		unsigned int style = row ? ROLE_TEXT : ROLE_COLUMN;

		if (width == 0)
			continue;
		if (i == EVIDENCE_PEER && row) {
			canvas_text(line, 0, column, 1, cell_arrow_role(row->edge->direction),
				    cell_arrow(line->glyphs, row->edge->direction));
			style = ROLE_PEER;
		}
		column += i == EVIDENCE_PEER ? 2 : 0;
		if (i >= EVIDENCE_FIRST && row)
			style = ROLE_DIM;
		if (i == EVIDENCE_FAILED && row)
			style = ROLE_FAILED;
		if (row)
			policy_evidence_write(row, (enum evidence_column)i, layout->names, context,
					      text);
		canvas_text(line, 0, column, width,
			    style | (i < EVIDENCE_TEXTS ? CANVAS_MIDDLE : CANVAS_RIGHT),
			    row ? text : titles[i]);
		column += width + (i < EVIDENCE_TEXTS ? GAP : 1);
	}
}

/* Draws a line about all destinations of the rule. */
static void policy_evidence_draw_summary(const struct policy_evidence *evidence,
					 const struct canvas *canvas)
{
	const struct draft_rule *rule = &evidence->rule;
	bool ingress = rule->direction == NETPOL_INGRESS;
	const char *direction = ingress ? "ingress" : "egress";
	const char *ends = ingress ? "client" : "destination";
	char reason[POLICY_RULE_TEXT_SIZE];
	char number[CELL_COUNT_SIZE];

	policy_rule_reason(rule, reason);
	cell_count(rule->connections, number);
	if (rule->kind == 0)
		canvas_print(canvas, 0, 2, ROLE_DIM,
			     "put the cursor on a rule to see its evidence (Tab, then j and k)");
	else if (rule->kind != DRAFT_RULE_ALLOWED)
		canvas_print(canvas, 0, 2, ROLE_COLUMN, "%s: %s", direction, reason);
	else if (evidence->count == 0)
		canvas_print(canvas, 0, 2, ROLE_COLUMN,
			     "%s rule %u was added; the first lines of the YAML say why (y)",
			     direction, rule->index + 1);
	else
		canvas_print(canvas, 0, 2, ROLE_COLUMN,
			     "%s rule %u is based on %zu %s%s, %s connection%s", direction,
			     rule->index + 1, evidence->count, ends,
			     evidence->count == 1 ? "" : "s", number,
			     rule->connections == 1 ? "" : "s");
}

void policy_evidence_draw(const struct policy_evidence *evidence, const struct context *context,
			  const struct canvas *canvas)
{
	const struct list_cursor *list = &evidence->list;
	struct evidence_layout layout =
		policy_evidence_layout(evidence, context, canvas->area.columns);

	policy_evidence_draw_summary(evidence, canvas);
	if (evidence->heading > 1 && evidence->count > 0) {
		struct canvas line = canvas_row(canvas, 1, false);

		policy_evidence_draw_row(NULL, &layout, context, &line);
	}
	for (size_t i = list->top; i < evidence->count; i++) {
		int row = evidence->heading + (int)(i - list->top);
		struct canvas line;

		if (row >= canvas->area.rows)
			return;
		line = canvas_row(canvas, row,
				  canvas->focused && evidence->entered && i == list->cursor);
		policy_evidence_draw_row(&evidence->rows[i], &layout, context, &line);
	}
}
