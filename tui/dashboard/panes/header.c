/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/header.h"

#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/state/loss.h"
#include "tui/dashboard/panes/source_dots.h"
#include "tui/dashboard/view/scope.h"
#include "tui/options/options.h"

/* Below WORDS_COLUMNS, the header uses signs instead of words. Below FULL_COLUMNS, it leaves out
 * the program's name, the node's name and the graph. Below SOURCES_COLUMNS, it also leaves out the
 * sources. */
#define WORDS_COLUMNS   120
#define FULL_COLUMNS    70
#define SOURCES_COLUMNS 50
#define GRAPH_LEAST     4
#define RATE_COLUMNS    7
#define NEW_COLUMNS     8

/* From this number on, the streams of nodes share one dot. */
#define STREAMS_SUMMED 4
#define STREAMS_SIZE   64

/* The time for which the header shows the number of connections that the former policies denied. */
#define BEFORE_NS   (60 * NS_PER_SECOND)
#define BEFORE_SIZE (TEXT_NUMBER_SIZE + 32)

static void header_draw_source(struct canvas *line, const struct source_dot *dot)
{
	const struct glyphs *glyphs = line->glyphs;
	const struct {
		const char *sign;
		enum role role;
	} signs[] = {
		[SOURCE_STARTING] = {glyphs->hollow, ROLE_DIM},
		[SOURCE_READY] = {glyphs->full, ROLE_GOOD},
		[SOURCE_ENDED] = {glyphs->full, ROLE_DIM},
		[SOURCE_ABSENT] = {glyphs->hollow, ROLE_DIM},
		[SOURCE_BROKEN] = {glyphs->broken, ROLE_FAILED},
	};

	canvas_add(line, signs[dot->state].role, "%s", signs[dot->state].sign);
	canvas_add(line, ROLE_HEADER, "%s ", dot->label);
}

/* Counts the streams of nodes, and writes one dot for all of them: "998/1000 streams". */
static struct source_dot header_sum_streams(const struct context *context, size_t *streams,
					    char label[STREAMS_SIZE])
{
	size_t all = 0;
	size_t connected = 0;
	size_t broken = 0;

	for (size_t i = 0; i < session_source_count(context->session); i++) {
		struct source *source = session_source(context->session, i);
		if (!source_carrier(source))
			continue;
		enum source_health_state state = source_state(source);
		all++;
		connected += state == SOURCE_READY || state == SOURCE_ENDED;
		broken += state == SOURCE_BROKEN;
	}
	*streams = all;
	snprintf(label, STREAMS_SIZE, "%zu/%zu streams", connected, all);
	return (struct source_dot){.label = label,
				   .state = broken      ? SOURCE_BROKEN
					    : connected ? SOURCE_READY
							: SOURCE_STARTING};
}

static void header_draw_sources(const struct context *context, struct canvas *line, int width)
{
	struct source_dot dots[SOURCE_DOTS_MAX];
	char label[STREAMS_SIZE];
	size_t streams;
	size_t named = 0;
	size_t rest = 0;
	const struct source_dot sum = header_sum_streams(context, &streams, label);

	if (streams >= STREAMS_SUMMED)
		dots[named++] = sum;
	for (size_t i = 0; i < session_source_count(context->session); i++) {
		struct source *source = session_source(context->session, i);
		if (source_carrier(source) && streams >= STREAMS_SUMMED)
			continue;
		if (named < SOURCE_DOTS_MAX)
			dots[named++] = (struct source_dot){.label = source_label(source),
							    .state = source_state(source)};
		else
			rest++;
	}
	rest += source_dots_choose(dots, named, width);
	for (size_t i = 0; i < named; i++) {
		if (dots[i].shown)
			header_draw_source(line, &dots[i]);
	}
	if (rest)
		canvas_add(line, ROLE_DIM, "+%zu ", rest);
}

/* Draws the rate and, if `room` is wide enough for a readable graph, the graph. */
static void header_draw_rate(const struct graph *graph, uint64_t now_ns, struct canvas *line,
			     int room)
{
	int columns = line->area.columns;
	int most = columns >= 160 ? GRAPH_SECONDS : columns >= 100 ? 20 : 10;
	char text[GRAPH_TEXT_SIZE];
	char rate[TEXT_NUMBER_SIZE];

	text_short_number(graph_rate(graph, now_ns), rate);
	if (columns < FULL_COLUMNS) {
		canvas_add(line, ROLE_STRONG, "%s/s", rate);
		return;
	}
	if (room >= GRAPH_LEAST) {
		graph_draw(graph, now_ns, line->glyphs, (unsigned int)(room < most ? room : most),
			   text);
		canvas_add(line, ROLE_GRAPH, "%s", text);
	}
	canvas_add(line, ROLE_STRONG, "%*s/s", RATE_COLUMNS - 2, rate);
}

/* For a while after policies were loaded, writes the number of connections that the former policies
 * denied. Until everything is judged, writes how much has been judged instead. Otherwise writes
 * "". */
static void header_write_before(const struct context *context, char *text, size_t size)
{
	const struct loaded_policies *loaded = context->loaded;
	char number[TEXT_NUMBER_SIZE];

	text[0] = '\0';
	if (loaded && loaded->comparing) {
		snprintf(text, size, " (%u%% judged)",
			 loaded_policies_progress(loaded, context->state));
		return;
	}
	if (!loaded || loaded->loaded_ns == 0 ||
	    context->monotonic_ns - loaded->loaded_ns > BEFORE_NS)
		return;
	text_short_number(loaded->denied_before, number);
	snprintf(text, size, " (was %s)", number);
}

static void header_draw_totals(const struct context *context, struct canvas *line)
{
	const struct state_counters *counters = state_counters(context->state);
	const struct context_totals *sums = &context->totals;
	const struct hello_record *hello = state_hello(context->state);
	const struct glyphs *glyphs = line->glyphs;
	uint64_t unresolved = loss_count(counters, LOSS_UNRESOLVED);
	uint64_t lost = loss_total(counters) - unresolved;
	const struct novelty *novelty = session_novelty(context->session);
	uint64_t unjudged = context->policies ? context->policies->unjudged_count : 0;
	uint64_t unlisted = context->policies ? context->policies->unlisted_count : 0;
	const struct {
		bool shown;
		uint64_t count;
		const char *word;
		const char *sign;
		enum role role; /* for a count that is not 0 */
	} totals[] = {
		{true, sums->open, " open", " open", ROLE_HEADER},
		{true, sums->hanging, " hanging", glyphs->ellipsis, ROLE_HANGING},
		{true, sums->failed, " failed", glyphs->cross, ROLE_FAILED},
		{context->verdicts != NULL, sums->denied, " denied", glyphs->denied, ROLE_DENIED},
		{novelty_baseline(novelty) != NULL, sums->new_edges, " new", " new", ROLE_NEW},
		{unresolved > 0, unresolved, " unresolved", " unresolved", ROLE_ERROR},
		{unjudged > 0, unjudged, " policies not judged", " not judged", ROLE_DENIED},
		{unlisted > 0, unlisted, " policy kinds not listed", " not listed", ROLE_DENIED},
	};
	char number[TEXT_NUMBER_SIZE];
	char before[BEFORE_SIZE];

	header_write_before(context, before, sizeof(before));
	for (size_t i = 0; i < ARRAY_LENGTH(totals); i++) {
		bool grey = totals[i].count == 0 && totals[i].role != ROLE_HEADER;

		if (!totals[i].shown)
			continue;
		text_short_number(totals[i].count, number);
		canvas_add(line, grey ? ROLE_DIM : totals[i].role, "  %s%s", number,
			   line->area.columns >= WORDS_COLUMNS ? totals[i].word : totals[i].sign);
		if (totals[i].sign == glyphs->denied)
			canvas_add(line, ROLE_DENIED, "%s", before);
	}
	if (session_reads_kernel(context->session) && hello &&
	    !string_list_has(&hello->hooks, RECORD_HOOK_DNS))
		canvas_add(line, ROLE_ERROR, "  DNS not read");
	text_short_number(lost, number);
	canvas_add(line, lost ? ROLE_ERROR : ROLE_DIM, "  lost %s ", number);
}

/* Returns the usual width of the totals. The header reserves it, so that nothing moves when a
 * number grows. */
static int header_totals_columns(const struct context *context, int columns)
{
	bool has_baseline = novelty_baseline(session_novelty(context->session)) != NULL;
	char before[BEFORE_SIZE];
	int new_columns = has_baseline ? NEW_COLUMNS : 0;

	header_write_before(context, before, sizeof(before));
	if (columns >= WORDS_COLUMNS)
		return (context->verdicts ? 60 : 50) + new_columns + (int)strlen(before);
	return (context->verdicts ? 36 : 30) + new_columns + (int)strlen(before);
}

void header_draw(const struct context *context, const struct graph *graph, uint64_t now_ns,
		 struct canvas *line)
{
	const struct hello_record *hello = state_hello(context->state);
	const char *node = hello && hello->node ? hello->node : context->options->node_name;
	int columns = line->area.columns;
	int spare = columns - RATE_COLUMNS - header_totals_columns(context, columns);

	line->column = 1;
	if (columns >= FULL_COLUMNS) {
		canvas_add(line, ROLE_STRONG, "polecat ");
		line->column += canvas_text(line, 0, line->column, columns / 5,
					    ROLE_TITLE_FOCUS | CANVAS_MIDDLE, node);
		line->column++;
	}
	if (columns >= SOURCES_COLUMNS) {
		header_draw_sources(context, line, spare - line->column);
		line->column++;
	}
	/* While the panes are frozen, the numbers of the header still change. */
	if (context->paused)
		canvas_add(line, ROLE_PAUSED, "live ");
	header_draw_rate(graph, now_ns, line, spare - line->column);
	header_draw_totals(context, line);
	line->column++;
	/* The title of the connections shows the filter, too, so do not show a part of it here. */
	if (*context->filter_text &&
	    (int)text_width(context->filter_text) + 1 <= line->area.columns - line->column)
		canvas_add(line, ROLE_FILTER, "/%s", context->filter_text);
}
