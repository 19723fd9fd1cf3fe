/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* strchrnul */
#include "tui/dashboard/panes/policy_pane.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/policy/draft/coverage.h"
#include "core/policy/draft/drafter.h"
#include "core/state/loss.h"
#include "tui/dashboard/panes/policy_search.h"
#include "tui/dashboard/table/cells.h"
#include "tui/policies/draft_choice.h"

/*
 * The pause after each draft is DRAFT_PAUSE_RATIO times as long as drafting took, but at least
 * DRAFT_PAUSE_NS. Without a pause, a busy subject, which changes thousands of times a second, would
 * be drafted all the time. With it, drafting takes at most 4 % of the time, even for a subject with
 * thousands of destinations.
 */
#define DRAFT_PAUSE_NS    (NS_PER_SECOND / 2)
#define DRAFT_PAUSE_RATIO 25
#define MARK_NS           (5 * NS_PER_SECOND)
/* From this width on, the pane shows the evidence for a rule beside the draft. */
#define SPLIT_COLUMNS 150

void policy_pane_clear(struct policy_pane *pane)
{
	draft_text_clear(&pane->text);
	draft_set_free(STEAL(pane->set));
	free(STEAL(pane->marks));
}

static struct policy_basis policy_pane_current_basis(const struct context *context)
{
	return (struct policy_basis){
		.subject = context->subject,
		.revision = context->subject ? context->subject->revision : 0,
		.exclusions = context->exclusions->revision,
		.loaded_ns = context->loaded ? context->loaded->loaded_ns : 0,
		.workloads = workloads_revision(state_workloads(context->state)),
		.lost = loss_total(state_counters(context->state)),
	};
}

static int policy_pane_draft(const struct context *context, struct draft_set **set)
{
	struct string_list gaps = {0};
	struct draft_options options = draft_choice_of(context->options, context->policies);

	options.gaps = &gaps;
	options.exclude = exclusions_exclude;
	options.exclude_data = context->exclusions;
	options.keep_edges = true;
	session_find_gaps(context->session, &gaps);
	int error = drafter_draft_subject(context->state, context->subject, &options, set);
	string_list_clear(&gaps);
	return error;
}

/*
 * Computes the marks (see pane->marks) for the `text` of a new draft. A line that allows the same
 * as a line of the old draft, pane->text, gets the mark of that line. Other lines of rules are
 * marked as new. If `compare` is false, no line is marked. The caller frees *marks. Returns 0 or
 * -ENOMEM.
 */
static int policy_pane_mark(const struct policy_pane *pane, const struct draft_text *text,
			    bool compare, uint64_t monotonic_ns, uint64_t **marks)
{
	CLEANUP_FREE size_t *match = calloc(text->count + 1, sizeof(*match));

	*marks = calloc(text->count + 1, sizeof(**marks));
	if (!match || !*marks)
		return -ENOMEM;
	if (!compare)
		return 0;
	if (draft_text_match(&pane->text, text, match))
		return -ENOMEM;
	for (size_t i = 0; i < text->count; i++) {
		if (text->lines[i].part == DRAFT_PART_NONE)
			continue;
		(*marks)[i] =
			match[i] == DRAFT_LINE_NEW ? monotonic_ns + MARK_NS : pane->marks[match[i]];
	}
	return 0;
}

static int policy_pane_compare_edges(const void *a, const void *b)
{
	const struct edge *left = *(const struct edge *const *)a;
	const struct edge *right = *(const struct edge *const *)b;

	if (left->ok_count != right->ok_count)
		return left->ok_count > right->ok_count ? -1 : 1;
	return left->first_ns < right->first_ns ? -1 : left->first_ns > right->first_ns;
}

/* Sorts the evidence of each rule, the busiest destination first. */
static void policy_pane_sort_evidence(struct draft *draft)
{
	for (size_t direction = 0; direction < NETPOL_DIRECTIONS; direction++) {
		size_t count = draft->policy->rules[direction].count;

		for (size_t i = 0; draft->edges[direction] && i < count; i++) {
			struct draft_edges *edges = &draft->edges[direction][i];

			if (edges->count)
				qsort(edges->items, edges->count, sizeof(*edges->items),
				      policy_pane_compare_edges);
		}
	}
}

/* Returns the index of the workload's draft. With --default-deny, a draft that denies all
 * traffic of the namespace comes before it. */
static size_t policy_pane_workload(const struct draft_set *set)
{
	size_t index = 0;

	while (index + 1 < set->policies.count && set->items[index].denies_all)
		index++;
	return index;
}

static int policy_pane_redraft(struct policy_pane *pane, const struct context *context,
			       bool same_subject)
{
	struct draft_set *set = NULL;
	struct draft_text text = {0};
	uint64_t *marks = NULL;
	size_t index = 0;
	int err = policy_pane_draft(context, &set);

	if (!err && set->policies.count > 0) {
		index = policy_pane_workload(set);
		policy_pane_sort_evidence(&set->items[index]);
		err = draft_print_text_all(set, index, &text);
	}
	if (!err)
		err = policy_pane_mark(pane, &text, same_subject && pane->text.count && text.count,
				       context->monotonic_ns, &marks);
	policy_pane_clear(pane);
	pane->text = text;
	pane->set = set;
	pane->index = index;
	pane->marks = marks;
	if (err)
		policy_pane_clear(pane);
	return err;
}

/*
 * Chooses the first visible line until the user scrolls: the start of the draft if the draft fits,
 * else its first rule. If the first new line would not be visible, scrolls to it.
 */
static void policy_pane_find_place(struct policy_pane *pane, const struct context *context,
				   bool resized)
{
	size_t first_new = pane->text.count;
	size_t rules = 0;

	for (size_t i = 0; pane->marks && i < pane->text.count; i++) {
		if (first_new == pane->text.count && pane->marks[i] > context->monotonic_ns)
			first_new = i;
		/* Start at the line "ingress:" or "egress:", which is above the first rule. */
		if (!rules && pane->text.lines[i].part != DRAFT_PART_NONE)
			rules = i - 1;
	}
	if (resized || pane->list.top == 0)
		pane->list.top =
			context->alone || pane->text.count <= pane->list.height ? 0 : rules;
	pane->list.cursor = first_new < pane->text.count ? first_new : rules + 1;
	if (first_new < pane->text.count &&
	    (first_new < pane->list.top || first_new >= pane->list.top + pane->list.height))
		pane->list.top = first_new > 1 ? first_new - 1 : 0;
}

/* Returns the line at the cursor. Returns NULL if there is no cursor, or if the line belongs to no
 * rule. */
static const struct draft_line *policy_pane_rule(const struct policy_pane *pane)
{
	const struct draft_line *line;

	if (!pane->split || pane->list.cursor >= pane->text.count)
		return NULL;
	line = &pane->text.lines[pane->list.cursor];
	if (line->part == DRAFT_PART_NONE || !pane->set->items[pane->index].edges[line->direction])
		return NULL;
	return line;
}

/* Returns true if a new draft is due: at once for another subject or other exclusions, else after a
 * pause. */
static bool policy_pane_is_due(const struct policy_pane *pane, const struct context *context,
			       const struct policy_basis *basis)
{
	if (!basis->subject)
		return false;
	if (basis->subject != pane->basis.subject || basis->exclusions != pane->basis.exclusions)
		return true;
	return !context->paused && memcmp(basis, &pane->basis, sizeof(*basis)) != 0 &&
	       context->monotonic_ns >= pane->next_draft_ns;
}

static uint64_t policy_pane_pause_after(uint64_t start_ns)
{
	uint64_t pause_ns = (clock_monotonic_ns() - start_ns) * DRAFT_PAUSE_RATIO;

	return pause_ns > DRAFT_PAUSE_NS ? pause_ns : DRAFT_PAUSE_NS;
}

static void policy_pane_update(void *view, struct context *context, int rows)
{
	struct policy_pane *pane = view;
	struct policy_basis basis = policy_pane_current_basis(context);
	bool same_subject = basis.subject == pane->basis.subject;

	if (!basis.subject && pane->basis.subject) {
		policy_pane_clear(pane);
		pane->basis = basis;
	}
	pane->drafted_late &= context->paused;
	if (policy_pane_is_due(pane, context, &basis)) {
		uint64_t start_ns = clock_monotonic_ns();

		pane->error = policy_pane_redraft(pane, context, same_subject);
		pane->basis = basis;
		pane->drafted_late = context->paused;
		pane->next_draft_ns = context->monotonic_ns + policy_pane_pause_after(start_ns);
		if (!same_subject) {
			pane->list.top = 0;
			pane->list.moved = false;
		}
	}
	if (!pane->list.moved)
		policy_pane_find_place(pane, context, pane->height != pane->list.height);
	pane->height = pane->list.height;
	pane->list.selects = pane->split;
	list_cursor_fit(&pane->list, pane->text.count, rows);
}

static void policy_pane_title(const void *view, const struct context *context, struct canvas *line)
{
	const struct policy_pane *pane = view;
	enum role role = line->focused ? ROLE_TITLE_FOCUS : ROLE_TITLE;
	const struct draft_coverage *coverage;
	char covered[COVERAGE_TEXT_SIZE];

	canvas_add(line, role, " NetworkPolicy ");
	if (pane->text.count == 0)
		return;
	coverage = &pane->set->items[pane->index].coverage;
	canvas_add(line, role, "%s ", pane->set->items[pane->index].workload);
	canvas_add(line, ROLE_DIM, "%s ", context->glyphs->dash);
	coverage_format(coverage, covered);
	canvas_add(line, coverage->covered < coverage->connections ? ROLE_HANGING : ROLE_TITLE,
		   "%s ", covered);
	if (pane->drafted_late)
		canvas_add(line, ROLE_PAUSED, "drafted while paused ");
}

/* Returns the length of the key of a YAML line ("    - ports:") without its colon; 0: no key. */
static size_t policy_pane_key_length(const char *line)
{
	const char *at = line;

	while (*at == ' ' || *at == '-')
		at++;
	while (isalnum((unsigned char)*at) || *at == '.' || *at == '_' || *at == '/' || *at == '-')
		at++;
	return *at == ':' ? (size_t)(at - line) : 0;
}

/* Draws the matches of the search again, over the line. */
static void policy_pane_draw_matches(struct canvas *line, const char *text, const char *pattern)
{
	const char *end = strchrnul(text, '\n');
	size_t length = strlen(pattern);
	char part[INPUT_LINE_SIZE];
	int column = 1;

	for (const char *at = text; length > 0 && (at = policy_search_in(at, end, pattern));
	     at += length) {
		CLEANUP_FREE char *before = strndup(text, (size_t)(at - text));

		snprintf(part, sizeof(part), "%.*s", (int)length, at);
		if (before)
			column = 1 + (int)text_width(before);
		canvas_text(line, 0, column, (int)text_width(part), ROLE_FILTER, part);
	}
}

static void policy_pane_draw_line(struct canvas *line, const char *text, bool is_new)
{
	const char *end = strchrnul(text, '\n');
	size_t key = policy_pane_key_length(text);
	enum role role = is_new ? ROLE_NEW : ROLE_TEXT;

	if (!is_new && text[strspn(text, " ")] == '#')
		role = ROLE_POLICY_COMMENT;
	canvas_add(line, ROLE_NEW, "%s", is_new ? "+" : "");
	line->column = 1;
	if (role == ROLE_TEXT && key) {
		canvas_add(line, ROLE_POLICY_KEY, "%.*s", (int)key, text);
		text += key;
	}
	canvas_add(line, role, "%.*s", (int)(end - text), text);
}

static void policy_pane_draw_empty(const struct policy_pane *pane, const struct context *context,
				   const struct canvas *canvas)
{
	size_t warnings = pane->set ? pane->set->warnings.count : 0;
	char nothing[512];
	int row = 0;

	if (pane->error) {
		canvas_print(canvas, 0, 2, ROLE_ERROR, "no draft: %s", strerror(-pane->error));
	} else if (!context->subject) {
		canvas_print(canvas, 0, 2, ROLE_DIM,
			     "a NetworkPolicy appears here as connections come in");
	} else if (warnings == 0) {
		snprintf(nothing, sizeof(nothing),
			 "nothing to allow yet: no connection of %s has succeeded",
			 context->subject->display);
		canvas_wrap(canvas, 0, 2, ROLE_DIM, nothing);
	}
	for (size_t i = 0; i < warnings; i++)
		row = canvas_wrap(canvas, row, 2, ROLE_DIM, pane->set->warnings.items[i]);
}

static void policy_pane_draw_lines(const struct policy_pane *pane, const struct context *context,
				   const struct canvas *canvas)
{
	const char *text = pane->text.text;

	for (size_t index = 0; index < pane->text.count; index++) {
		int row = (int)index - (int)pane->list.top;
		struct canvas line = canvas_part(canvas, row, 0, 1, canvas->area.columns);

		if (row >= canvas->area.rows)
			return;
		line.selected = canvas->focused && pane->split && index == pane->list.cursor;
		if (row >= 0 && line.selected)
			canvas_blank(&line, 0, 0, line.area.columns, ROLE_TEXT);
		if (row >= 0)
			policy_pane_draw_line(&line, text,
					      pane->marks[index] > context->monotonic_ns);
		if (row >= 0)
			policy_pane_draw_matches(&line, text, pane->search);
		text = strchrnul(text, '\n');
		text += *text != '\0';
	}
}

/* Draws one destination of the rule: subject, peer, port, connections, and time since the last
 * event. */
static void policy_pane_draw_edge(const struct context *context, const struct canvas *canvas,
				  int row, const struct edge *edge)
{
	int width = (canvas->area.columns - 42) / 2;
	int column = 2 * width + 6;
	char text[CELL_SIZE];
	char number[TEXT_NUMBER_SIZE];

	canvas_text(canvas, row, 2, width, ROLE_TEXT | CANVAS_MIDDLE, edge->subject->display);
	canvas_text(canvas, row, width + 3, 1, cell_arrow_role(edge->direction),
		    cell_arrow(canvas->glyphs, edge->direction));
	cell_edge_peer(context->state, edge, text);
	canvas_text(canvas, row, width + 5, width, ROLE_PEER | CANVAS_MIDDLE, text);
	cell_port(edge, text);
	canvas_text(canvas, row, column, 10, ROLE_TEXT | CANVAS_RIGHT, text);
	text_short_number(edge->ok_count, number);
	snprintf(text, sizeof(text), "%s conn", number);
	canvas_text(canvas, row, column + 11, 10, ROLE_TEXT | CANVAS_RIGHT, text);
	text_short_age(context_now(context, edge->subject->node_index), edge->last_ns, text);
	canvas_text(canvas, row, column + 22, 5, ROLE_DIM | CANVAS_RIGHT, text);
}

static void policy_pane_draw_evidence(const struct policy_pane *pane, const struct context *context,
				      const struct canvas *canvas)
{
	const struct draft_line *rule = policy_pane_rule(pane);
	const struct draft_edges *evidence;

	for (int row = 0; row < canvas->area.rows; row++)
		canvas_text(canvas, row, 0, 1, ROLE_BORDER,
			    canvas->glyphs->border[BORDER_UP | BORDER_DOWN]);
	if (!rule) {
		canvas_print(
			canvas, 0, 2, ROLE_DIM,
			"put the cursor on a rule to see its destinations (Tab, then j and k)");
		return;
	}
	const char *direction = rule->direction == NETPOL_EGRESS ? "egress" : "ingress";
	size_t number = (size_t)rule->rule + 1;
	evidence = &pane->set->items[pane->index].edges[rule->direction][rule->rule];
	if (evidence->count == 0)
		canvas_print(canvas, 0, 2, ROLE_COLUMN,
			     "the %s rule %zu was added; the draft's first lines say why",
			     direction, number);
	else
		canvas_print(canvas, 0, 2, ROLE_COLUMN,
			     "the %s rule %zu is based on %zu destination%s", direction, number,
			     evidence->count, evidence->count == 1 ? "" : "s");
	for (size_t i = 0; i < evidence->count && (int)i + 1 < canvas->area.rows; i++)
		policy_pane_draw_edge(context, canvas, (int)i + 1, evidence->items[i]);
}

static void policy_pane_draw(void *view, const struct context *context, const struct canvas *canvas)
{
	struct policy_pane *pane = view;
	int left = canvas->area.columns * 2 / 5;
	struct canvas part = *canvas;

	/* The next update reads `split`, so the first frame after a resize may lack the
	 * evidence. */
	pane->split = canvas->area.columns >= SPLIT_COLUMNS;
	pane->list.selects = pane->split;
	if (pane->text.count == 0) {
		policy_pane_draw_empty(pane, context, canvas);
		return;
	}
	if (pane->split) {
		part = canvas_part(canvas, 0, left, canvas->area.rows, canvas->area.columns - left);
		policy_pane_draw_evidence(pane, context, &part);
		part = canvas_part(canvas, 0, 0, canvas->area.rows, left);
	}
	policy_pane_draw_lines(pane, context, &part);
}

/* --- search --- */

static size_t policy_pane_place(const struct policy_pane *pane, const struct list_cursor *list)
{
	return pane->split ? list->cursor : list->top;
}

/* Goes to a line with a match, from line `from` on. */
static bool policy_pane_go_to_match(struct policy_pane *pane, size_t from, bool forward)
{
	size_t line = pane->text.count == 0 ? POLICY_SEARCH_NONE
					    : policy_search_line(pane->text.text, pane->text.count,
								 pane->search, from, forward);

	if (line == POLICY_SEARCH_NONE)
		return false;
	pane->list.cursor = line;
	pane->list.moved = true;
	if (!pane->split)
		pane->list.top = line;
	pane->match = line;
	return true;
}

void policy_pane_start_search(struct policy_pane *pane)
{
	pane->search_start = pane->list;
}

bool policy_pane_search(struct policy_pane *pane, const char *text)
{
	snprintf(pane->search, sizeof(pane->search), "%s", text);
	return !*text ||
	       policy_pane_go_to_match(pane, policy_pane_place(pane, &pane->search_start), true);
}

void policy_pane_end_search(struct policy_pane *pane, bool back)
{
	pane->search[0] = '\0';
	if (back)
		pane->list = pane->search_start;
}

static bool policy_pane_act(void *view, struct context *context, enum action action)
{
	struct policy_pane *pane = view;
	bool forward = action == ACTION_NAMESPACE;

	if (!pane->search[0] || (!forward && action != ACTION_SEARCH))
		return false;
	if (!policy_pane_go_to_match(pane, forward ? pane->match + 1 : pane->match - 1, forward))
		context_note(context, "%s is not in the policy", pane->search);
	return true;
}

int policy_pane_export(const struct context *context, char **text, size_t *length,
		       char name[POLICY_FILE_NAME_SIZE])
{
	struct draft_set *set = NULL;
	int err = context->subject ? policy_pane_draft(context, &set) : -ENODATA;

	if (!err && set->policies.count == 0)
		err = -ENODATA;
	if (!err) {
		const struct netpol *policy = &set->policies.items[policy_pane_workload(set)];

		policy_file_name(policy->namespace_name, policy->name, name);
		err = draft_print(set, DRAFT_ALL, text, length);
	}
	draft_set_free(set);
	return err;
}

const char *policy_pane_text(const struct policy_pane *pane, const struct subject *subject)
{
	return pane->basis.subject == subject && pane->text.text ? pane->text.text : "";
}

const struct view_operations policy_pane_operations = {
	.name = "Policy",
	.short_name = "Policy",
	.hints = KEY_PLACE_POLICY,
	.update = policy_pane_update,
	.title = policy_pane_title,
	.draw = policy_pane_draw,
	.act = policy_pane_act,
};
