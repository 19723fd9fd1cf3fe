/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/policy_pane.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "tui/dashboard/panes/line_match.h"
#include "tui/dashboard/panes/rule_evidence.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/view/list_cursor.h"

/*
 * A busy subject changes thousands of times a second; nobody reads two drafts in less than this.
 * One with thousands of destinations takes its time to draft: the next draft waits so much longer
 * that drafting stays a small part of all.
 */
#define DRAFT_PAUSE_NS    (NS_PER_SECOND / 2)
#define DRAFT_PAUSE_RATIO 25
#define MARK_NS           (5 * NS_PER_SECOND)
/* From this width on, a rule's evidence stands beside it. */
#define SPLIT_COLUMNS 150

/* What the lines on the screen were drafted from. */
struct basis {
	const struct subject *subject;
	uint64_t revision;
	uint64_t exclusions;
	uint64_t workloads;
};

/* Invariant: marks has one entry per line: until when (monotonic) the line counts as new; 0: it
 * does not. */
struct policy_pane {
	struct basis basis;
	struct line_list lines;
	uint64_t *marks;
	struct draft_coverage coverage;
	char workload[256];
	char warning[1024]; /* why there is no draft, in the draft's own words */
	int error;
	uint64_t next_draft_ns;
	struct draft_set *set; /* what the lines say; NULL: none */
	struct rule_evidence evidence;
	struct rule_place place; /* that evidence is for */
	bool placed;             /* place is a rule */
	bool split; /* there is room for evidence beside the lines: they have a cursor */
	struct list_cursor list; /* selects a line if split */
};

int policy_pane_new(struct policy_pane **out)
{
	struct policy_pane *pane = calloc(1, sizeof(*pane));

	if (!pane)
		return -ENOMEM;
	*out = pane;
	return 0;
}

void policy_pane_free(struct policy_pane *pane)
{
	if (!pane)
		return;
	line_list_free(&pane->lines);
	free(pane->marks);
	draft_set_free(pane->set);
	rule_evidence_free(&pane->evidence);
	free(pane);
}

static struct basis current_basis(const struct context *context)
{
	return (struct basis){
		.subject = context->subject,
		.revision = context->subject ? context->subject->revision : 0,
		.exclusions = context->exclusions->revision,
		.workloads = workloads_revision(state_workloads(context->state)),
	};
}

static int draft(const struct context *context, struct draft_set **set)
{
	struct draft_options options = {
		.exclude = exclusions_exclude,
		.exclude_data = context->exclusions,
	};

	return drafter_draft_subject(context->state, context->subject, &options, set);
}

/* Takes the new text in; lines that were not there before, in a draft of the same subject, are
 * marked. */
static int take_text(struct policy_pane *pane, char *text, bool same_subject, uint64_t monotonic_ns)
{
	struct line_list before = pane->lines;
	uint64_t *old_marks = pane->marks;
	uint64_t *marks = NULL;
	size_t *match = NULL;
	int err;

	pane->lines = (struct line_list){0};
	pane->marks = NULL;
	err = line_list_set(&pane->lines, text);
	if (!err) {
		marks = calloc(pane->lines.count + 1, sizeof(*marks));
		match = calloc(pane->lines.count + 1, sizeof(*match));
		err = marks && match ? line_match(&before, &pane->lines, match) : -ENOMEM;
	}
	for (size_t i = 0; !err && same_subject && before.count && i < pane->lines.count; i++)
		marks[i] =
			match[i] == LINE_MATCH_NEW ? monotonic_ns + MARK_NS : old_marks[match[i]];
	if (err) {
		line_list_free(&pane->lines);
		free(marks);
		marks = NULL;
	}
	pane->marks = marks;
	free(match);
	free(old_marks);
	line_list_free(&before);
	return err;
}

static void take_warnings(struct policy_pane *pane, const struct draft_set *set)
{
	for (size_t i = 0; i < set->warnings.count; i++) {
		size_t length = strlen(pane->warning);

		snprintf(pane->warning + length, sizeof(pane->warning) - length, "%s%s",
			 length ? "\n" : "", set->warnings.items[i]);
	}
}

static int redraft(struct policy_pane *pane, const struct context *context, bool same_subject)
{
	struct draft_set *set = NULL;
	char *text = NULL;
	size_t length = 0;
	int err = draft(context, &set);

	pane->workload[0] = '\0';
	pane->warning[0] = '\0';
	pane->coverage = (struct draft_coverage){0};
	if (!err)
		take_warnings(pane, set);
	if (!err && set->policies.count > 0) {
		snprintf(pane->workload, sizeof(pane->workload), "%s", set->items[0].workload);
		pane->coverage = set->items[0].coverage;
		err = draft_print(set, DRAFT_ALL, &text, &length);
	}
	/* On failure the lines go, and so does what they said. */
	draft_set_free(pane->set);
	pane->set = err ? NULL : set;
	if (err)
		draft_set_free(set);
	if (!err && !text) {
		text = strdup("");
		err = text ? 0 : -ENOMEM;
	}
	if (!err)
		err = take_text(pane, text, same_subject, context->monotonic_ns);
	return err;
}

/*
 * Where the draft is looked at until a person scrolls: from its start where there is room, else
 * from its rules; and where new lines are, for they are what one waits for.
 */
static void find_place(struct policy_pane *pane, const struct context *context, bool resized)
{
	size_t first_new = pane->lines.count;
	size_t rules = 0;

	for (size_t i = 0; pane->marks && i < pane->lines.count; i++) {
		const char *line = pane->lines.lines[i];

		if (first_new == pane->lines.count && pane->marks[i] > context->monotonic_ns &&
		    *line != '#')
			first_new = i;
		if (!rules && (strcmp(line, "  egress:") == 0 || strcmp(line, "  ingress:") == 0))
			rules = i;
	}
	if (resized || pane->list.top == 0)
		pane->list.top =
			context->alone || pane->lines.count <= pane->list.height ? 0 : rules;
	pane->list.cursor = first_new < pane->lines.count ? first_new : rules + 1;
	if (first_new < pane->lines.count &&
	    (first_new < pane->list.top || first_new >= pane->list.top + pane->list.height))
		pane->list.top = first_new > 1 ? first_new - 1 : 0;
}

/* The rule under the cursor, and what it stands on: looked for again when either has changed. */
static void find_evidence(struct policy_pane *pane, const struct context *context, bool redrafted)
{
	struct rule_place place = {0};
	bool placed = pane->split && pane->set && pane->set->policies.count > 0 &&
		      rule_place_find(&pane->lines, pane->list.cursor, &place);

	if (placed &&
	    (redrafted || !pane->placed || place.direction != pane->place.direction ||
	     place.index != pane->place.index) &&
	    rule_evidence_collect(context->state, pane->set, 0, &place, context->subject,
				  context->exclusions, &pane->evidence))
		placed = false;
	pane->place = place;
	pane->placed = placed;
}

/* Whether it is time for a new draft: at once for another subject and for what a person left out,
 * else in a while. */
static bool is_due(const struct policy_pane *pane, const struct context *context,
		   const struct basis *basis)
{
	if (!basis->subject)
		return false;
	if (basis->subject != pane->basis.subject || basis->exclusions != pane->basis.exclusions)
		return true;
	return !context->paused && memcmp(basis, &pane->basis, sizeof(*basis)) != 0 &&
	       context->monotonic_ns >= pane->next_draft_ns;
}

static uint64_t monotonic_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static uint64_t pause_after(uint64_t start_ns)
{
	uint64_t pause_ns = (monotonic_clock() - start_ns) * DRAFT_PAUSE_RATIO;

	return pause_ns > DRAFT_PAUSE_NS ? pause_ns : DRAFT_PAUSE_NS;
}

static void update(void *view, struct context *context, int rows)
{
	struct policy_pane *pane = view;
	struct basis basis = current_basis(context);
	bool same_subject = basis.subject == pane->basis.subject;
	bool due = is_due(pane, context, &basis);
	size_t height = pane->list.height;

	list_cursor_fit(&pane->list, pane->list.count, rows);
	if (due) {
		uint64_t start_ns = monotonic_clock();

		pane->error = redraft(pane, context, same_subject);
		pane->basis = basis;
		pane->next_draft_ns = context->monotonic_ns + pause_after(start_ns);
		if (!same_subject) {
			pane->list.top = 0;
			pane->list.moved = false;
		}
	}
	if (!pane->list.moved)
		find_place(pane, context, height != pane->list.height);
	pane->list.selects = pane->split;
	list_cursor_fit(&pane->list, pane->lines.count, rows);
	find_evidence(pane, context, due);
}

static int title(void *view, const struct context *context, const struct canvas *canvas,
		 bool focused)
{
	const struct policy_pane *pane = view;
	enum role role = focused ? ROLE_TITLE_FOCUS : ROLE_TITLE;
	int column = canvas_print(canvas, 0, 0, role, " NetworkPolicy ");

	if (!pane->workload[0])
		return column;
	column = canvas_print(canvas, 0, column, role, "%s ", pane->workload);
	column = canvas_print(canvas, 0, column, ROLE_DIM, "%s ", context->glyphs->dash);
	column = canvas_print(canvas, 0, column,
			      pane->coverage.covered < pane->coverage.connections ? ROLE_HANGING
										  : ROLE_TITLE,
			      "covers %zu of %zu connections ", pane->coverage.covered,
			      pane->coverage.connections);
	if (pane->coverage.left_out)
		column = canvas_print(canvas, 0, column, ROLE_FILTER, "%s %zu left out ",
				      context->glyphs->dot, pane->coverage.left_out);
	canvas_place(canvas, column, pane->list.top, pane->list.height, pane->lines.count);
	return column;
}

/* The key of a YAML line ("    - ports:") ends at its colon; 0: there is none. */
static size_t key_length(const char *line)
{
	const char *at = line;

	while (*at == ' ' || *at == '-')
		at++;
	while (isalnum((unsigned char)*at) || *at == '.' || *at == '_' || *at == '/' || *at == '-')
		at++;
	return *at == ':' ? (size_t)(at - line) : 0;
}

static void draw_line(const struct canvas *canvas, int row, const char *line, bool is_new)
{
	size_t key = key_length(line);
	const char *content = line + strspn(line, " ");
	int column = 1;

	if (is_new) {
		canvas_text(canvas, row, 0, 1, 0, ROLE_NEW, "+");
		canvas_print(canvas, row, column, ROLE_NEW, "%s", line);
	} else if (*content == '#') {
		canvas_print(canvas, row, column, ROLE_POLICY_COMMENT, "%s", line);
	} else if (key) {
		column = canvas_print(canvas, row, column, ROLE_POLICY_KEY, "%.*s", (int)key, line);
		canvas_print(canvas, row, column, ROLE_TEXT, "%s", line + key);
	} else {
		canvas_print(canvas, row, column, ROLE_TEXT, "%s", line);
	}
}

static void draw_empty(const struct policy_pane *pane, const struct context *context,
		       const struct canvas *canvas)
{
	char nothing[512];

	snprintf(nothing, sizeof(nothing),
		 "nothing to allow yet: no connection of %s has succeeded",
		 context->subject ? context->subject->display : "");
	if (pane->error)
		canvas_print(canvas, 0, 2, ROLE_ERROR, "no draft: %s", strerror(-pane->error));
	else if (!context->subject)
		canvas_print(canvas, 0, 2, ROLE_DIM,
			     "a NetworkPolicy grows here as connections come in");
	else if (pane->warning[0])
		canvas_wrap(canvas, 0, 2, ROLE_DIM, pane->warning);
	else
		canvas_wrap(canvas, 0, 2, ROLE_DIM, nothing);
}

static void draw_lines(const struct policy_pane *pane, const struct context *context,
		       const struct canvas *canvas, bool focused)
{
	for (int row = 0; row < canvas->area.rows; row++) {
		size_t index = pane->list.top + (size_t)row;
		struct canvas line = canvas_part(canvas, row, 0, 1, canvas->area.columns);

		if (index >= pane->lines.count)
			return;
		line.selected = focused && pane->split && index == pane->list.cursor;
		if (line.selected)
			canvas_blank(&line, 0, 0, line.area.columns, ROLE_TEXT);
		draw_line(&line, 0, pane->lines.lines[index],
			  pane->marks[index] > context->monotonic_ns);
	}
}

/* One observation behind the rule: who, with whom, how often, when last. */
static void draw_edge(const struct context *context, const struct canvas *canvas, int row,
		      const struct edge *edge)
{
	const struct glyphs *glyphs = canvas->glyphs;
	bool ingress = edge->direction == FLOW_INGRESS;
	int width = (canvas->area.columns - 42) / 2;
	char text[CELL_SIZE];
	char number[TEXT_NUMBER_SIZE];
	int column = 2;

	canvas_text(canvas, row, column, width, CANVAS_MIDDLE, ROLE_TEXT, edge->subject->display);
	column += width + 1;
	canvas_text(canvas, row, column, 1, 0, ingress ? ROLE_INGRESS : ROLE_EGRESS,
		    ingress ? glyphs->ingress : glyphs->egress);
	column += 2;
	cell_edge_peer(context->state, edge, text);
	canvas_text(canvas, row, column, width, CANVAS_MIDDLE, ROLE_PEER, text);
	column += width + 1;
	snprintf(text, sizeof(text), "%u/%s", edge->port, cell_protocol(edge));
	canvas_text(canvas, row, column, 10, CANVAS_RIGHT, ROLE_TEXT, text);
	column += 11;
	text_short_number(edge->ok_count, number);
	snprintf(text, sizeof(text), "%s conn", number);
	canvas_text(canvas, row, column, 10, CANVAS_RIGHT, ROLE_TEXT, text);
	column += 11;
	text_short_age(context->now_ns, edge->last_ns, text);
	canvas_text(canvas, row, column, 5, CANVAS_RIGHT, ROLE_DIM, text);
}

static void draw_evidence(const struct policy_pane *pane, const struct context *context,
			  const struct canvas *canvas)
{
	const struct rule_evidence *evidence = &pane->evidence;

	for (int row = 0; row < canvas->area.rows; row++)
		canvas_text(canvas, row, 0, 1, 0, ROLE_BORDER,
			    canvas->glyphs->border[BORDER_UP | BORDER_DOWN]);
	if (!pane->placed) {
		canvas_print(canvas, 0, 2, ROLE_DIM,
			     "what a rule stands on: put the cursor on one (Tab, then j and k)");
		return;
	}
	canvas_print(canvas, 0, 2, ROLE_COLUMN, "the %s rule %zu stands on %zu destination%s",
		     pane->place.direction == NETPOL_EGRESS ? "egress" : "ingress",
		     pane->place.index + 1, evidence->count, evidence->count == 1 ? "" : "s");
	for (size_t i = 0; i < evidence->count && (int)i + 1 < canvas->area.rows; i++)
		draw_edge(context, canvas, (int)i + 1, evidence->edges[i]);
}

static void draw(void *view, const struct context *context, const struct canvas *canvas,
		 bool focused)
{
	struct policy_pane *pane = view;
	int left = canvas->area.columns * 2 / 5;
	struct canvas lines = *canvas;
	struct canvas beside;

	/* Known for the next update: the first picture of a size may lack what stands beside. */
	pane->split = canvas->area.columns >= SPLIT_COLUMNS;
	if (pane->lines.count == 0) {
		draw_empty(pane, context, canvas);
		return;
	}
	if (pane->split) {
		lines = canvas_part(canvas, 0, 0, canvas->area.rows, left);
		beside = canvas_part(canvas, 0, left, canvas->area.rows,
				     canvas->area.columns - left);
		draw_evidence(pane, context, &beside);
	}
	draw_lines(pane, context, &lines, focused);
}

static bool act(void *view, struct context *context, enum action action)
{
	struct policy_pane *pane = view;

	(void)context;
	pane->list.selects = pane->split;
	return list_cursor_act(&pane->list, action);
}

int policy_pane_export(const struct context *context, char **text, size_t *length, char *name,
		       size_t name_size)
{
	struct draft_set *set = NULL;
	int err = context->subject ? draft(context, &set) : -ENODATA;

	if (!err && set->policies.count == 0)
		err = -ENODATA;
	if (!err) {
		const char *namespace_name = set->policies.items[0].namespace_name;

		if (namespace_name && *namespace_name)
			snprintf(name, name_size, "%s-%s.networkpolicy.yaml", namespace_name,
				 set->policies.items[0].name);
		else
			snprintf(name, name_size, "%s.networkpolicy.yaml",
				 set->policies.items[0].name);
		err = draft_print(set, DRAFT_ALL, text, length);
	}
	draft_set_free(set);
	return err;
}

const struct line_list *policy_pane_lines(const struct policy_pane *pane,
					  const struct subject *subject)
{
	return pane->basis.subject == subject ? &pane->lines : NULL;
}

const struct view_operations policy_pane_operations = {
	.name = "Policy",
	.short_name = "Policy",
	.update = update,
	.title = title,
	.draw = draw,
	.act = act,
};
