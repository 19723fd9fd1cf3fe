/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/summary/summary_row.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/state/conn_words.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/view/highlight.h"

/* The first column of a row is that of the cursor. */
#define FOLD_COLUMN 1
#define INDENT      2
/* The least width of a name, and the largest ones of a short name and of a peer. Figures that would
 * be farther away from the name are hard to read. */
#define NAME_LEAST  14
#define NAME_WIDEST 60
#define PEER_WIDEST 40
#define PORT_WIDTH  10
#define AGE_WIDTH   4
/* From this width on, the graph has all its signs; below, every second one. */
#define SPARK_COLUMNS 100
#define FIGURE_SIZE   32

/* Divides the width among the name and those figures of which the bit is set. */
static struct summary_layout summary_row_fit(int columns, unsigned int figures)
{
	/* The figures in order of importance. */
	static const struct {
		enum summary_figure figure;
		int width;
	} order[] = {
		{SUMMARY_HANGING, 5},
		{SUMMARY_FAILED, 5},
		{SUMMARY_DENIED, 5},
		{SUMMARY_LOST, 9},
		{SUMMARY_OPEN, 9},
		{SUMMARY_RATE, 6},
		{SUMMARY_SPARK, TREE_SPARK / 2},
	};
	struct summary_layout layout = {.name_width = columns - FOLD_COLUMN - 1};

	for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
		int width = order[i].figure == SUMMARY_SPARK && columns >= SPARK_COLUMNS
				    ? TREE_SPARK
				    : order[i].width;

		if (!(figures & 1u << order[i].figure))
			continue;
		if (layout.name_width - width - 1 < NAME_LEAST)
			continue;
		layout.name_width -= width + 1;
		layout.widths[order[i].figure] = width;
	}
	return layout;
}

/* Returns a bit for each figure that a row has. */
static unsigned int summary_row_figures(const struct tree_row *row)
{
	const struct tree_figures *shown = &row->shown;
	unsigned int figures = 1u << SUMMARY_OPEN;

	figures |= shown->hanging ? 1u << SUMMARY_HANGING : 0;
	figures |= shown->failed ? 1u << SUMMARY_FAILED : 0;
	figures |= shown->denied ? 1u << SUMMARY_DENIED : 0;
	figures |= shown->lost ? 1u << SUMMARY_LOST : 0;
	figures |= shown->fresh ? 1u << SUMMARY_RATE : 0;
	for (size_t i = 0; i < TREE_SPARK; i++)
		figures |= row->spark[i] ? 1u << SUMMARY_SPARK : 0;
	return figures;
}

/* Returns the width of a row's name with the signs in front of it. */
static int summary_row_name_width(const struct tree *tree, const struct tree_row *row)
{
	bool arrow = row->kind == TREE_GROUP && tree->groups.by == GROUP_BY_DESTINATION;

	return row->depth * INDENT + (arrow ? 4 : 2) + (int)text_width(tree_name(tree, row));
}

struct summary_layout summary_row_layout(const struct canvas *canvas, const struct context *context,
					 const struct tree *tree, size_t first)
{
	const struct state_counters *counters = state_counters(context->state);
	unsigned int all = (1u << SUMMARY_FIGURES) - 1;
	unsigned int figures = 0;
	struct summary_layout layout;
	int widest = 0;

	if (!context->verdicts)
		all &= ~(1u << SUMMARY_DENIED);
	if (!counters->lost_by_subjects && !counters->lost_by_programs)
		all &= ~(1u << SUMMARY_LOST);
	for (size_t i = first; i < tree->rows.count && i - first < (size_t)canvas->area.rows; i++) {
		const struct tree_row *row = &tree->rows.items[i];
		int width = row->kind <= TREE_SUBJECT ? summary_row_name_width(tree, row) : 0;

		widest = width > widest ? width : widest;
	}
	layout = summary_row_fit(canvas->area.columns, all);
	if (widest > layout.name_width) {
		/* Look at all rows, so that the columns stay while the user scrolls. */
		for (size_t i = 0; i < tree->rows.count; i++)
			figures |= tree->rows.items[i].kind <= TREE_SUBJECT
					   ? summary_row_figures(&tree->rows.items[i])
					   : 0;
		layout = summary_row_fit(canvas->area.columns, all & figures);
	}
	if (widest < NAME_WIDEST)
		widest = NAME_WIDEST;
	if (layout.name_width > widest)
		layout.name_width = widest;
	return layout;
}

/* Writes a count with a sign, or "" for 0. Returns `role`. */
static enum role summary_row_write_count(uint64_t count, const char *sign, enum role role,
					 char text[FIGURE_SIZE])
{
	char number[TEXT_NUMBER_SIZE];

	text_short_number(count, number);
	if (count > 0)
		snprintf(text, FIGURE_SIZE, "%s%s", number, sign);
	return role;
}

static void summary_row_write_spark(const struct glyphs *glyphs, const struct tree_row *row,
				    int width, char *text)
{
	int merged = TREE_SPARK / width;

	for (int i = 0; i < width; i++) {
		uint8_t level = 0;

		for (int k = i * merged; k < (i + 1) * merged; k++)
			level = row->spark[k] > level ? row->spark[k] : level;
		text = stpcpy(text, glyphs->spark[level]);
	}
}

static enum role summary_row_write_figure(enum summary_figure figure, const struct glyphs *glyphs,
					  const struct tree_row *row, int width,
					  char text[FIGURE_SIZE])
{
	const struct tree_figures *shown = &row->shown;
	char number[TEXT_NUMBER_SIZE];

	text[0] = '\0';
	switch (figure) {
	case SUMMARY_OPEN:
		text_short_number(shown->open, number);
		snprintf(text, FIGURE_SIZE, "%s open", number);
		return shown->open ? ROLE_TEXT : ROLE_DIM;
	case SUMMARY_HANGING:
		return summary_row_write_count(shown->hanging, glyphs->ellipsis, ROLE_HANGING,
					       text);
	case SUMMARY_FAILED:
		return summary_row_write_count(shown->failed, glyphs->cross, ROLE_FAILED, text);
	case SUMMARY_DENIED:
		return summary_row_write_count(shown->denied, glyphs->denied, ROLE_DENIED, text);
	case SUMMARY_LOST:
		return summary_row_write_count(shown->lost, " lost", ROLE_ERROR, text);
	case SUMMARY_RATE:
		return summary_row_write_count(traffic_rate(shown->fresh), "/s", ROLE_TEXT, text);
	case SUMMARY_SPARK:
		summary_row_write_spark(glyphs, row, width, text);
		return ROLE_GRAPH;
	case SUMMARY_FIGURES:
		break;
	}
	return ROLE_TEXT;
}

/* Returns the word for the members of a group; "": no word fits all of them. */
static const char *summary_row_noun(const struct tree *tree, const struct tree_row *row)
{
	const struct summary_group *group = &tree->groups.items[row->group];
	const struct subject *member =
		group->member_count ? state_subject(tree->source.state, group->members[0].subject)
				    : NULL;
	bool one = row->children == 1;

	if (tree->groups.by == GROUP_BY_PROCESS)
		return one ? "destination" : "destinations";
	if (!member || tree->groups.by == GROUP_BY_NODE || tree->groups.by == GROUP_BY_DESTINATION)
		return "";
	switch ((enum subject_kind)member->kind) {
	case SUBJECT_POD:
		return one ? "pod" : "pods";
	case SUBJECT_CONTAINER:
		return tree->groups.by != GROUP_BY_WORKLOAD ? "" : one ? "container" : "containers";
	case SUBJECT_PROCESS:
		return tree->groups.by != GROUP_BY_WORKLOAD ? "" : one ? "program" : "nodes";
	case SUBJECT_UNRESOLVED:
	case SUBJECT_KIND_COUNT:
		break;
	}
	return "";
}

int summary_row_sign_column(const struct tree_row *row)
{
	return FOLD_COLUMN + row->depth * INDENT;
}

/* Draws a text, and marks what the filter matches. Returns its columns. */
static int summary_row_draw_text(const struct canvas *line, const struct context *context,
				 uint64_t fields, const struct highlight_place *place,
				 const char *text)
{
	int columns = canvas_text(line, 0, place->column, place->width, place->style, text);

	highlight_draw(line, place, context->filter, fields, text);
	return columns;
}

/* Returns the fields that the name of a row shows. */
static uint64_t summary_row_fields(const struct tree *tree)
{
	static const enum filter_field fields[GROUP_BYS] = {
		[GROUP_BY_WORKLOAD] = FILTER_FIELD_POD,
		[GROUP_BY_NAMESPACE] = FILTER_FIELD_NAMESPACE,
		[GROUP_BY_NODE] = FILTER_FIELD_NODE,
		[GROUP_BY_PROCESS] = FILTER_FIELD_COMM,
		[GROUP_BY_DESTINATION] = FILTER_FIELD_PEER,
	};

	uint64_t shown = highlight_fields(fields[tree->groups.by]);

	/* A workload outside of pods is a container or a program. */
	if (tree->groups.by == GROUP_BY_WORKLOAD)
		shown |= filter_field_bit(FILTER_FIELD_CONTAINER) |
			 filter_field_bit(FILTER_FIELD_COMM);
	return shown;
}

/* Draws the arrow of a group of edges with one destination. */
static void summary_row_draw_direction(const struct canvas *line, const struct tree *tree,
				       const struct tree_row *row, int column)
{
	const struct summary_group *group = &tree->groups.items[row->group];
	const struct edge *edge =
		group->member_count ? groups_edge(tree->source.state, group->members[0]) : NULL;

	if (edge && !edge->is_overflow)
		canvas_text(line, 0, column, 1, cell_arrow_role(edge->direction),
			    cell_arrow(line->glyphs, edge->direction));
}

static void summary_row_draw_name(const struct canvas *line, const struct context *context,
				  const struct tree *tree, const struct tree_row *row, int width)
{
	int column = summary_row_sign_column(row);
	char count[CELL_COUNT_SIZE];
	char joined[FIGURE_SIZE] = "";
	char suffix[FIGURE_SIZE * 3] = "";
	int suffix_width;

	width -= row->depth * INDENT;
	canvas_text(line, 0, column, 1, ROLE_DIM,
		    row->open ? line->glyphs->unfolded : line->glyphs->folded);
	column += 2;
	width -= 2;
	if (row->kind == TREE_GROUP && tree->groups.by == GROUP_BY_DESTINATION) {
		summary_row_draw_direction(line, tree, row, column);
		column += 2;
		width -= 2;
	}
	if (row->kind == TREE_GROUP && row->children > 0) {
		const char *noun = summary_row_noun(tree, row);

		cell_count(row->children, count);
		/* Rows below an unfolded row keep their places until the next arrangement, so they
		 * lack the members that joined since. */
		if (row->open && row->children > row->listed)
			snprintf(joined, sizeof(joined), ", +%zu new", row->children - row->listed);
		if (*noun || tree->groups.by != GROUP_BY_WORKLOAD)
			snprintf(suffix, sizeof(suffix), " (%s%s%s%s)", count, *noun ? " " : "",
				 noun, joined);
	}
	suffix_width = (int)strlen(suffix);
	/* A name is more important than the number after it. */
	if (width - suffix_width < (int)text_width(tree_name(tree, row)))
		suffix_width = 0;
	column += summary_row_draw_text(
		line, context, summary_row_fields(tree),
		&(struct highlight_place){column, width - suffix_width,
					  (row->kind == TREE_GROUP ? ROLE_STRONG : ROLE_TEXT) |
						  CANVAS_MIDDLE},
		tree_name(tree, row));
	if (suffix_width)
		canvas_text(line, 0, column, suffix_width, ROLE_DIM, suffix);
}

static void summary_row_draw_parent(const struct canvas *line, const struct context *context,
				    const struct tree *tree, const struct tree_row *row,
				    const struct summary_layout *layout)
{
	int column = FOLD_COLUMN + layout->name_width + 1;
	char text[FIGURE_SIZE];

	summary_row_draw_name(line, context, tree, row, layout->name_width);
	for (int figure = 0; figure < SUMMARY_FIGURES; figure++) {
		int width = layout->widths[figure];
		enum role role;

		if (width == 0)
			continue;
		role = summary_row_write_figure((enum summary_figure)figure, line->glyphs, row,
						width, text);
		canvas_text(line, 0, column, width, role | CANVAS_RIGHT, text);
		column += width + 1;
	}
}

/* --- destinations --- */

/* Adds a fact to the end of a line, after a dot. If it does not fit, adds nothing and returns
 * false. */
static bool summary_row_add_fact(struct canvas *line, bool first, int end, enum role role,
				 const char *text)
{
	const char *dot = first ? "" : line->glyphs->dot;
	int width = (int)text_width(text) + (first ? 0 : 3);

	if (line->column + width > end)
		return false;
	if (!first)
		canvas_add(line, ROLE_DIM, " %s ", dot);
	canvas_add(line, role, "%s", text);
	return true;
}

/* Returns words about a destination that no connection has reached; NULL: a connection has reached
 * it. */
static const char *summary_row_unreached(const struct tree_row *row)
{
	const struct tree_figures *shown = &row->shown;

	if (row->details.ok > 0 || (shown->failed == 0 && shown->hanging == 0))
		return NULL;
	return shown->failed == 0 ? "never answered" : "never succeeded";
}

#define FACTS_MAX 9

struct summary_fact {
	enum role role;
	char text[FIGURE_SIZE * 2];
};

static void summary_row_write_problems(const struct context *context, const struct tree_row *row,
				       struct summary_fact facts[FACTS_MAX], size_t *count)
{
	const struct tree_figures *shown = &row->shown;
	const char *unreached = summary_row_unreached(row);
	const char *word = conn_failure_word(row->details.last_error);
	struct summary_fact *fact;
	char number[TEXT_NUMBER_SIZE];
	const char *mark = cell_new(context, row->edge);

	if (*mark) {
		fact = &facts[(*count)++];
		fact->role = ROLE_NEW;
		snprintf(fact->text, sizeof(fact->text), "%s", mark);
	}
	if (shown->hanging > 0) {
		fact = &facts[(*count)++];
		fact->role = ROLE_HANGING;
		text_short_number(shown->hanging, number);
		snprintf(fact->text, sizeof(fact->text), "%s hanging%s", number,
			 context->glyphs->ellipsis);
	}
	if (shown->failed > 0) {
		fact = &facts[(*count)++];
		fact->role = ROLE_FAILED;
		text_short_number(shown->failed, number);
		/* Earlier failures may have had other reasons. */
		snprintf(fact->text, sizeof(fact->text), "%s%s %s%s", number,
			 context->glyphs->cross, shown->failed > 1 ? "last " : "", word);
	}
	if (shown->denied > 0) {
		fact = &facts[(*count)++];
		fact->role = ROLE_DENIED;
		snprintf(fact->text, sizeof(fact->text), "%s denied", context->glyphs->denied);
	}
	if (unreached) {
		fact = &facts[(*count)++];
		fact->role = ROLE_TEXT;
		snprintf(fact->text, sizeof(fact->text), "%s", unreached);
	}
}

static void summary_row_write_use(const struct tree_row *row, struct summary_fact facts[FACTS_MAX],
				  size_t *count)
{
	const struct tree_figures *shown = &row->shown;
	const struct tree_details *details = &row->details;
	uint64_t rate = traffic_rate(shown->fresh);
	char numbers[2][TEXT_NUMBER_SIZE];
	struct summary_fact *fact;

	text_short_number(shown->open, numbers[0]);
	text_short_number(shown->connections, numbers[1]);
	fact = &facts[(*count)++];
	fact->role = ROLE_TEXT;
	if (shown->open == shown->connections)
		snprintf(fact->text, sizeof(fact->text), "%s open", numbers[0]);
	else if (shown->open > 0)
		snprintf(fact->text, sizeof(fact->text), "%s of %s open", numbers[0], numbers[1]);
	else
		snprintf(fact->text, sizeof(fact->text), "%s conn", numbers[1]);
	if (rate > 0) {
		fact = &facts[(*count)++];
		fact->role = ROLE_TEXT;
		text_short_number(rate, numbers[0]);
		snprintf(fact->text, sizeof(fact->text), "%s/s", numbers[0]);
	}
	if (details->latency_count > 0) {
		fact = &facts[(*count)++];
		fact->role = ROLE_TEXT;
		text_short_duration(details->latency_sum_us / details->latency_count * 1000,
				    numbers[0]);
		snprintf(fact->text, sizeof(fact->text), "%s", numbers[0]);
	}
	if (shown->bytes > 0) {
		fact = &facts[(*count)++];
		fact->role = ROLE_DIM;
		text_short_number(details->tx_bytes, numbers[0]);
		text_short_number(details->rx_bytes, numbers[1]);
		snprintf(fact->text, sizeof(fact->text), "%s sent, %s received", numbers[0],
			 numbers[1]);
	}
}

/* Draws the state of a destination: the problems first, then the use, as far as they fit. */
static void summary_row_draw_facts(struct canvas *line, const struct context *context,
				   const struct tree_row *row, int end, bool left_out)
{
	struct summary_fact facts[FACTS_MAX];
	size_t count = 0;

	summary_row_write_problems(context, row, facts, &count);
	summary_row_write_use(row, facts, &count);
	for (size_t i = 0; i < count; i++) {
		if (!summary_row_add_fact(line, i == 0, end, left_out ? ROLE_DIM : facts[i].role,
					  facts[i].text))
			return;
	}
}

/* Draws the arrow, the peer and the port. Returns the column after them. */
static int summary_row_draw_peer(const struct canvas *line, const struct context *context,
				 const struct edge *edge, int column, bool left_out)
{
	enum role role = left_out ? ROLE_DIM : ROLE_PEER;
	int rest = line->area.columns - column - 2;
	int width = rest / 3;
	char text[CELL_SIZE];

	if (width > PEER_WIDEST)
		width = PEER_WIDEST;
	if (width < NAME_LEAST)
		width = rest < NAME_LEAST ? rest : NAME_LEAST;
	if (edge->is_overflow) {
		canvas_text(line, 0, column + 2, width + PORT_WIDTH, ROLE_DIM,
			    "other destinations");
		return column + 2 + width + 1 + PORT_WIDTH + 1;
	}
	canvas_text(line, 0, column, 1, cell_arrow_role(edge->direction),
		    left_out ? "-" : cell_arrow(line->glyphs, edge->direction));
	column += 2;
	cell_edge_peer(context->state, edge, text);
	if (left_out)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " (left out)");
	summary_row_draw_text(line, context, highlight_fields(FILTER_FIELD_PEER),
			      &(struct highlight_place){column, width, role | CANVAS_MIDDLE}, text);
	column += width + 1;
	cell_port(edge, text);
	summary_row_draw_text(
		line, context, highlight_fields(FILTER_FIELD_DPORT),
		&(struct highlight_place){column, PORT_WIDTH,
					  (left_out ? ROLE_DIM : ROLE_TEXT) | CANVAS_RIGHT},
		text);
	return column + PORT_WIDTH + 1;
}

/* Draws the subject of an edge below its destination. Returns the column after it. */
static int summary_row_draw_subject(const struct canvas *line, const struct context *context,
				    const struct edge *edge, int column, bool left_out)
{
	int width = (line->area.columns - column) / 3 + PORT_WIDTH;
	char text[CELL_SIZE];

	snprintf(text, sizeof(text), "%s%s", edge->subject->display, left_out ? " (left out)" : "");
	summary_row_draw_text(
		line, context, highlight_fields(FILTER_FIELD_POD),
		&(struct highlight_place){column, width,
					  (left_out ? ROLE_DIM : ROLE_TEXT) | CANVAS_MIDDLE},
		text);
	return column + width + 1;
}

static void summary_row_draw_edge(const struct canvas *line, const struct context *context,
				  const struct tree *tree, const struct tree_row *row)
{
	const struct edge *edge = row->edge;
	bool left_out = exclusions_contain(context->exclusions, edge);
	int column = FOLD_COLUMN + (row->depth + 1) * INDENT - 1;
	int end = line->area.columns - AGE_WIDTH - 1;
	struct canvas facts = *line;
	char age[TEXT_NUMBER_SIZE];

	if (tree->groups.by == GROUP_BY_DESTINATION)
		facts.column = summary_row_draw_subject(line, context, edge, column, left_out);
	else
		facts.column = summary_row_draw_peer(line, context, edge, column, left_out);
	summary_row_draw_facts(&facts, context, row, end, left_out);
	if (tree->groups.by == GROUP_BY_PROCESS)
		summary_row_add_fact(&facts, false, end, ROLE_DIM, edge->subject->display);
	text_short_age(context->now_ns, row->shown.last_ns, age);
	if (facts.column <= end)
		canvas_text(line, 0, end, AGE_WIDTH, ROLE_DIM | CANVAS_RIGHT, age);
}

void summary_row_draw(const struct canvas *line, const struct context *context,
		      const struct tree *tree, const struct tree_row *row,
		      const struct summary_layout *layout)
{
	char count[CELL_COUNT_SIZE];

	switch ((enum tree_kind)row->kind) {
	case TREE_GROUP:
	case TREE_SUBJECT:
		summary_row_draw_parent(line, context, tree, row, layout);
		break;
	case TREE_EDGE:
		summary_row_draw_edge(line, context, tree, row);
		break;
	case TREE_MORE:
		cell_count(row->children, count);
		canvas_print(line, 0, FOLD_COLUMN + (row->depth + 1) * INDENT + 1, ROLE_DIM,
			     "%s more%s: not enough rows", count,
			     row->subject || tree->groups.by == GROUP_BY_PROCESS ? " destinations"
										 : "");
		break;
	}
}
