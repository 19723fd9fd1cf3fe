/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/header.h"

#include <stdio.h>

#include "core/base/text.h"
#include "tui/dashboard/panes/source_dots.h"
#include "tui/options/options.h"

/* Narrower screens use signs instead of words, then leave out the name and the graph, and at last
 * the sources. */
#define WORDS_COLUMNS   120
#define FULL_COLUMNS    70
#define SOURCES_COLUMNS 50
#define GRAPH_LEAST     4
#define RATE_COLUMNS    7
#define GRAPH_TEXT_SIZE (GRAPH_SECONDS * 4 + 1)

static int header_draw_source(const struct canvas *canvas, int column, const char *label,
			      enum source_health_state state)
{
	const struct glyphs *glyphs = canvas->glyphs;
	const char *sign = glyphs->hollow;
	enum role role = ROLE_DIM;

	switch (state) {
	case SOURCE_STARTING:
	case SOURCE_ABSENT:
		break;
	case SOURCE_READY:
		sign = glyphs->full;
		role = ROLE_GOOD;
		break;
	case SOURCE_ENDED:
		sign = glyphs->full;
		break;
	case SOURCE_BROKEN:
		sign = glyphs->broken;
		role = ROLE_FAILED;
		break;
	}
	column = canvas_print(canvas, 0, column, role, "%s", sign);
	return canvas_print(canvas, 0, column, ROLE_HEADER, "%s ", label);
}

static int header_draw_sources(const struct context *context, const struct canvas *canvas,
			       int column, int width)
{
	size_t count = session_source_count(context->session);
	size_t named = 0;
	struct source_dot dots[SOURCE_DOTS_MAX];
	size_t rest;

	for (size_t i = 0; i < count && i < SOURCE_DOTS_MAX; i++) {
		struct source *source = session_source(context->session, i);
		struct source_health health;

		source_health(source, &health);
		dots[named++] =
			(struct source_dot){.label = source_label(source), .state = health.state};
	}
	rest = source_dots_choose(dots, named, width) + count - named;
	for (size_t i = 0; i < named; i++) {
		if (dots[i].shown)
			column = header_draw_source(canvas, column, dots[i].label, dots[i].state);
	}
	if (rest)
		column = canvas_print(canvas, 0, column, ROLE_DIM, "+%zu ", rest);
	return column;
}

/* The graph fills the remaining room, if that is enough to be read. */
static int header_draw_rate(const struct graph *graph, uint64_t now_ns, const struct canvas *canvas,
			    int column, int room)
{
	int columns = canvas->area.columns;
	char text[GRAPH_TEXT_SIZE];
	char rate[TEXT_NUMBER_SIZE];
	int most = columns >= 160 ? GRAPH_SECONDS : columns >= 100 ? 20 : 10;

	text_short_number(graph_rate(graph, now_ns), rate);
	if (columns < FULL_COLUMNS)
		return canvas_print(canvas, 0, column, ROLE_STRONG, "%s/s", rate);
	if (room >= GRAPH_LEAST) {
		graph_draw(graph, now_ns, canvas->glyphs, (unsigned int)(room < most ? room : most),
			   text, sizeof(text));
		column = canvas_print(canvas, 0, column, ROLE_GRAPH, "%s", text);
	}
	snprintf(text, sizeof(text), "%s/s", rate);
	return column +
	       canvas_text(canvas, 0, column, RATE_COLUMNS, ROLE_STRONG | CANVAS_RIGHT, text);
}

static int header_draw_count(const struct canvas *canvas, int column, uint64_t count,
			     const char *unit, enum role role)
{
	char number[TEXT_NUMBER_SIZE];

	text_short_number(count, number);
	return canvas_print(canvas, 0, column, role, "  %s%s", number, unit);
}

static int header_draw_totals(const struct context *context, const struct canvas *canvas,
			      int column)
{
	const struct state_counters *counters = state_counters(context->state);
	uint64_t lost = counters->unkept;
	bool words = canvas->area.columns >= WORDS_COLUMNS;
	char number[TEXT_NUMBER_SIZE];

	for (int where = 0; where <= LOST_STREAM; where++)
		lost += counters->lost[where];
	column = header_draw_count(canvas, column, counters->open_now, " open", ROLE_HEADER);
	column = header_draw_count(canvas, column, counters->hanging_now,
				   words ? " hanging" : canvas->glyphs->ellipsis,
				   counters->hanging_now ? ROLE_HANGING : ROLE_DIM);
	column = header_draw_count(canvas, column, counters->failed,
				   words ? " failed" : canvas->glyphs->cross,
				   counters->failed ? ROLE_FAILED : ROLE_DIM);
	if (context->verdicts) {
		uint64_t denied = verdicts_denied(context->verdicts);

		column = header_draw_count(canvas, column, denied,
					   words ? " denied" : canvas->glyphs->denied,
					   denied ? ROLE_DENIED : ROLE_DIM);
	}
	text_short_number(lost, number);
	return canvas_print(canvas, 0, column, lost ? ROLE_ERROR : ROLE_DIM, "  lost %s ", number);
}

/* The usual width of the totals. It stays free, so that nothing moves when a number grows. */
static int header_totals_columns(const struct context *context, int columns)
{
	if (columns >= WORDS_COLUMNS)
		return context->verdicts ? 60 : 50;
	return context->verdicts ? 36 : 30;
}

void header_draw(const struct context *context, const struct graph *graph, uint64_t now_ns,
		 const struct canvas *canvas)
{
	const struct hello_record *hello = state_hello(context->state);
	const char *node = hello && hello->node ? hello->node : context->options->node_name;
	int columns = canvas->area.columns;
	int column = 1;
	int room;

	if (columns >= FULL_COLUMNS) {
		column = canvas_print(canvas, 0, column, ROLE_STRONG, "polecat ");
		column += canvas_text(canvas, 0, column, columns / 5,
				      ROLE_TITLE_FOCUS | CANVAS_MIDDLE, node);
		column++;
	}
	room = columns - column - RATE_COLUMNS - header_totals_columns(context, columns);
	if (columns >= SOURCES_COLUMNS) {
		int used = header_draw_sources(context, canvas, column, room) + 1 - column;

		column += used;
		room -= used;
	}
	column = header_draw_rate(graph, now_ns, canvas, column, room);
	column = header_draw_totals(context, canvas, column);
	if (*context->filter_text)
		canvas_print(canvas, 0, column + 1, ROLE_FILTER, "/%s", context->filter_text);
}
