/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* strverscmp */
#include "tui/dashboard/pages/nodes_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "tui/dashboard/pages/page.h"
#include "tui/session/session_nodes.h"

/* A stream without a record for this long is called silent. An agent reports the counters of open
 * connections each second, so a shorter time is usual only where nothing happens. */
#define SILENT_NS (15 * NS_PER_SECOND)

/* Clocks that differ by less look equal, because the delay of a stream is not known exactly. */
#define CLOCK_SHOWN_NS 500000000

/* The columns of a line: where each begins. The name gets the rest of the width. */
#define FIGURES_WIDTH 57
#define STATE_AT      0
#define RATE_AT       10
#define FLOWS_AT      19
#define LOST_AT       28
#define LAST_AT       37
#define CLOCK_AT      45
#define FIGURE_WIDTH  8
#define CLOCK_WIDTH   12

void nodes_page_clear(struct nodes_page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		free(page->rows[i].name);
		free(page->rows[i].message);
	}
	free(page->rows);
	page->rows = NULL;
	page->count = 0;
	page->capacity = 0;
}

void nodes_page_open(struct nodes_page *page)
{
	page->next_ns = 0;
	page->scroll = (struct list_cursor){0};
}

/* Sets the state of a row from the health of its stream. */
static void nodes_row_judge(struct nodes_row *row, const struct source_health *health)
{
	static const struct {
		const char *text;
		unsigned char rank;
		enum role role;
	} states[] = {
		[SOURCE_STARTING] = {"starting", 3, ROLE_DIM},
		[SOURCE_READY] = {"ready", 5, ROLE_GOOD},
		[SOURCE_ABSENT] = {"absent", 1, ROLE_FAILED},
		[SOURCE_BROKEN] = {"failed", 0, ROLE_FAILED},
		[SOURCE_ENDED] = {"ended", 2, ROLE_DIM},
	};

	row->state = states[health->state].text;
	row->rank = states[health->state].rank;
	row->role = states[health->state].role;
	if (health->state == SOURCE_READY && row->heard && row->idle_ns >= SILENT_NS) {
		row->state = "silent";
		row->rank = 4;
		row->role = ROLE_HANGING;
	}
	if (health->message[0])
		row->message = memory_checked(strdup(health->message));
}

static struct nodes_row nodes_row_of(const struct session_node *node)
{
	struct source_health health = {.state = SOURCE_READY};
	struct nodes_row row = {
		.name = node->name ? memory_checked(strdup(node->name)) : NULL,
		.state = "",
		.rank = 5,
		.role = ROLE_TEXT,
		.stream = node->source != NULL,
		.heard = node->heard,
		.measured = node->measured,
		.flows = node->flows,
		.lost = node->lost,
		.rate = (uint64_t)(node->rate + 0.5),
		.idle_ns = node->idle_ns,
		.ahead_ns = node->ahead_ns,
	};

	if (node->source) {
		source_health(node->source, &health);
		nodes_row_judge(&row, &health);
	}
	return row;
}

/* Orders rows by their problems, and then by their names. */
static int nodes_row_compare(const void *a, const void *b)
{
	const struct nodes_row *first = a;
	const struct nodes_row *second = b;

	if (first->rank != second->rank)
		return first->rank < second->rank ? -1 : 1;
	if ((first->lost > 0) != (second->lost > 0))
		return first->lost > 0 ? -1 : 1;
	return strverscmp(first->name ? first->name : "", second->name ? second->name : "");
}

static void nodes_page_collect(struct nodes_page *page, const struct session *session)
{
	size_t count = session_list_nodes(session, NULL, 0);
	struct session_node *nodes = memory_checked(calloc(count, sizeof(*nodes)));

	nodes_page_clear(page);
	if (!nodes || ARRAY_RESERVE(page->rows, page->capacity, count)) {
		free(nodes);
		return;
	}
	session_list_nodes(session, nodes, count);
	for (size_t i = 0; i < count; i++)
		page->rows[page->count++] = nodes_row_of(&nodes[i]);
	free(nodes);
	if (count > 0)
		qsort(page->rows, count, sizeof(page->rows[0]), nodes_row_compare);
}

static void nodes_page_update(void *view, struct context *context, int rows)
{
	struct nodes_page *page = view;
	bool first = page->next_ns == 0;

	(void)rows;
	if (!first && (context->paused || context->monotonic_ns < page->next_ns))
		return;
	page->next_ns = context->monotonic_ns + NS_PER_SECOND;
	nodes_page_collect(page, context->session);
}

static void nodes_page_title(const void *view, const struct context *context, struct canvas *line)
{
	const struct nodes_page *page = view;

	(void)context;
	canvas_add(line, ROLE_TITLE_FOCUS, " Nodes %zu ", page->count);
}

/* Writes a text at the right edge of a column. */
static void nodes_draw_figure(const struct canvas *line, int column, int width, enum role role,
			      const char *text)
{
	canvas_text(line, 0, column + width - (int)text_width(text), width, role, text);
}

static void nodes_draw_headings(struct page *out)
{
	struct canvas line = page_row(out);
	int at = line.area.columns - FIGURES_WIDTH;

	canvas_text(&line, 0, PAGE_INDENT, at - PAGE_INDENT - 1, ROLE_DIM, "NODE");
	canvas_text(&line, 0, at + STATE_AT, FIGURE_WIDTH, ROLE_DIM, "STATE");
	nodes_draw_figure(&line, at + RATE_AT, FIGURE_WIDTH, ROLE_DIM, "FLOWS/S");
	nodes_draw_figure(&line, at + FLOWS_AT, FIGURE_WIDTH, ROLE_DIM, "FLOWS");
	nodes_draw_figure(&line, at + LOST_AT, FIGURE_WIDTH, ROLE_DIM, "LOST");
	nodes_draw_figure(&line, at + LAST_AT, FIGURE_WIDTH - 1, ROLE_DIM, "LAST");
	nodes_draw_figure(&line, at + CLOCK_AT, CLOCK_WIDTH - 1, ROLE_DIM, "CLOCK");
}

/* Writes how the clock of a node differs: "+5.0s", "=" or "" if that is not known. */
static void nodes_write_clock(const struct nodes_row *row, char text[TEXT_NUMBER_SIZE + 1])
{
	uint64_t by_ns = row->ahead_ns < 0 ? -(uint64_t)row->ahead_ns : (uint64_t)row->ahead_ns;

	text[0] = '\0';
	if (!row->measured)
		return;
	text[0] = by_ns < CLOCK_SHOWN_NS ? '=' : row->ahead_ns < 0 ? '-' : '+';
	text[1] = '\0';
	if (by_ns >= CLOCK_SHOWN_NS)
		text_short_duration(by_ns, text + 1);
}

static void nodes_draw_row(struct page *out, const struct nodes_row *row)
{
	char number[TEXT_NUMBER_SIZE];
	char clock[TEXT_NUMBER_SIZE + 1];

	page_link_name(out, THING_NODE, NULL, row->name, NULL);
	struct canvas line = page_row(out);
	int at = line.area.columns - FIGURES_WIDTH;
	canvas_text(&line, 0, PAGE_INDENT, at - PAGE_INDENT - 1,
		    row->name ? (unsigned int)ROLE_LINK | CANVAS_LINK : ROLE_DIM,
		    row->name ? row->name : "not named yet");
	canvas_text(&line, 0, at + STATE_AT, FIGURE_WIDTH, row->role, row->state);
	text_short_number(row->rate, number);
	nodes_draw_figure(&line, at + RATE_AT, FIGURE_WIDTH, ROLE_TEXT, number);
	text_short_number(row->flows, number);
	nodes_draw_figure(&line, at + FLOWS_AT, FIGURE_WIDTH, ROLE_TEXT, number);
	text_short_number(row->lost, number);
	nodes_draw_figure(&line, at + LOST_AT, FIGURE_WIDTH, row->lost ? ROLE_ERROR : ROLE_DIM,
			  number);
	text_short_duration(row->idle_ns, number);
	nodes_draw_figure(&line, at + LAST_AT, FIGURE_WIDTH - 1, ROLE_TEXT,
			  row->heard ? number : "-");
	nodes_write_clock(row, clock);
	nodes_draw_figure(&line, at + CLOCK_AT, CLOCK_WIDTH - 1, ROLE_TEXT, clock);
	if (row->message)
		page_field(out, "", row->rank == 5 ? ROLE_DIM : row->role, row->message);
}

static void nodes_page_draw(void *view, const struct context *context, const struct canvas *canvas)
{
	struct nodes_page *page = view;
	struct page out = page_begin(context, canvas, &page->scroll);

	nodes_draw_headings(&out);
	for (size_t i = 0; i < page->count; i++)
		nodes_draw_row(&out, &page->rows[i]);
	if (page->count == 0)
		page_field(&out, "", ROLE_DIM, "No record of a node has come yet.");
	page_end(&out, &page->scroll);
}

const struct view_operations nodes_page_operations = {
	.hints = KEY_PLACE_LINKS_PAGE,
	.update = nodes_page_update,
	.title = nodes_page_title,
	.draw = nodes_page_draw,
};
