/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/policy_pane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/policy/draft/coverage.h"
#include "core/policy/draft/note.h"
#include "tui/dashboard/panes/leave_out.h"
#include "tui/dashboard/panes/policy_rule_text.h"
#include "tui/dashboard/panes/policy_search.h"
#include "tui/dashboard/view/scope.h"
#include "tui/options/options.h"

/* From this width on, the pane shows the evidence for a rule beside the draft. */
#define SPLIT_COLUMNS 150
/* Room in the title for the place in the list: " 118-128 of 142 ". */
#define PLACE_COLUMNS 16

void policy_pane_clear(struct policy_pane *pane)
{
	policy_rules_clear(&pane->rules);
	policy_evidence_clear(&pane->evidence);
	policy_draft_clear(&pane->draft);
}

void policy_pane_choose(struct policy_pane *pane, enum policy_form form)
{
	pane->chosen = form;
	pane->form = form;
	pane->evidence.entered = false;
}

static bool policy_pane_is_yaml(const struct policy_pane *pane)
{
	return pane->form == POLICY_FORM_YAML && pane->draft.text.count > 0;
}

struct list_cursor *policy_pane_scroll(struct policy_pane *pane)
{
	if (pane->evidence.entered)
		return &pane->evidence.list;
	return policy_pane_is_yaml(pane) ? &pane->yaml.list : &pane->rules.list;
}

/* Returns the rule at the cursor; NULL: none. */
static const struct draft_rule *policy_pane_rule(const struct policy_pane *pane)
{
	const struct draft_line *line;

	if (!policy_pane_is_yaml(pane))
		return policy_rules_at(&pane->rules);
	line = policy_yaml_line(&pane->yaml, &pane->draft);
	return line ? policy_rules_find(&pane->rules, line->direction, line->rule) : NULL;
}

bool policy_pane_enter(struct policy_pane *pane)
{
	const struct draft_rule *rule = policy_pane_rule(pane);

	if (pane->evidence.entered || !rule || pane->evidence.count == 0)
		return false;
	pane->evidence.entered = true;
	pane->evidence.list.moved = true;
	policy_pane_scroll(pane)->moved = true;
	/* The rule stays selected while the cursor is in its evidence. */
	pane->rules.list.moved = true;
	pane->yaml.list.moved = true;
	return true;
}

const struct edge *policy_pane_destination(const struct policy_pane *pane)
{
	return policy_evidence_at(&pane->evidence);
}

/* --- update --- */

static void policy_pane_update_evidence(struct policy_pane *pane)
{
	const struct draft_rule *rule = policy_pane_rule(pane);
	struct policy_evidence *evidence = &pane->evidence;
	bool current = pane->evidence_version == pane->draft.version;
	bool same = policy_evidence_is_for(evidence, rule, current);

	if (same && current)
		return;
	/* If out of memory, show no edges rather than those of another rule. */
	if (policy_evidence_show(evidence, rule, same))
		policy_evidence_clear(evidence);
	pane->evidence_version = pane->draft.version;
}

static void policy_pane_choose_form(struct policy_pane *pane, int rows)
{
	if (pane->chosen != POLICY_FORM_BY_HEIGHT)
		pane->form = pane->chosen;
	else if (rows > 0 || pane->form == POLICY_FORM_BY_HEIGHT)
		pane->form = rows >= POLICY_YAML_ROWS ? POLICY_FORM_YAML : POLICY_FORM_RULES;
}

static void policy_pane_update(void *view, struct context *context, int rows)
{
	struct policy_pane *pane = view;

	if (policy_draft_update(&pane->draft, context)) {
		policy_rules_restart(&pane->rules);
		pane->yaml.list.top = 0;
		pane->yaml.list.moved = false;
	}
	if (policy_rules_update(&pane->rules, &pane->draft, context))
		context_error(context, "no memory to list the rules of the draft");
	policy_pane_choose_form(pane, rows);
	pane->yaml.list.selects = pane->split;
	policy_yaml_update(&pane->yaml, &pane->draft, context, rows);
	policy_rules_fit(&pane->rules, context, rows - pane->above);
	policy_pane_update_evidence(pane);
	policy_evidence_fit(&pane->evidence, rows);
}

/* --- drawing --- */

static void policy_pane_title(const void *view, const struct context *context, struct canvas *line)
{
	const struct policy_pane *pane = view;
	enum role role = line->focused ? ROLE_TITLE_FOCUS : ROLE_TITLE;
	const struct draft *draft = policy_draft_get(&pane->draft);
	const struct list_cursor *list =
		policy_pane_is_yaml(pane) ? &pane->yaml.list : &pane->rules.list;
	const char *other = policy_pane_is_yaml(pane) ? "[y] rules" : "[y] YAML";
	const char *dash = context->glyphs->dash;
	char covered[COVERAGE_TEXT_SIZE];
	int columns = line->area.columns - (list->count > list->height ? PLACE_COLUMNS : 0);

	canvas_add(line, role, " Policy ");
	if (!draft)
		return;
	if (draft->placeholder)
		canvas_add(line, role, "%s ", draft->workload);
	else
		canvas_add(line, role, "%s/%s ", draft->policy->namespace_name, draft->base);
	canvas_add(line, ROLE_DIM, "%s ", dash);
	coverage_format_short(&draft->coverage, context->glyphs->dot, covered);
	line->column += canvas_text(
		line, 0, line->column, columns - line->column,
		coverage_is_complete(&draft->coverage) ? ROLE_TITLE : ROLE_HANGING, covered);
	canvas_add(line, ROLE_TITLE, " ");
	if (pane->draft.late)
		canvas_add(line, ROLE_PAUSED, "drafted while paused ");
	/* The dashboard draws the place in the list after this, at the right end. */
	if (line->column + (int)strlen(other) + 4 <= columns) {
		canvas_add(line, ROLE_DIM, "%s ", dash);
		canvas_add(line, ROLE_KEY, "%.3s", other);
		canvas_add(line, ROLE_DIM, "%s ", other + 3);
	}
}

#define NOTHING_SIZE 512

/* Writes why nothing can be allowed. The rules list the destinations that are left out. */
static void policy_pane_write_nothing(const struct draft_rules *rules,
				      const struct context *context, char text[NOTHING_SIZE])
{
	const char *subject = context->subject->display;
	bool splits = scope_options_split_subjects(context->options);
	bool by_user = false;
	bool otherwise = false;

	for (size_t i = 0; i < rules->count; i++) {
		if (rules->items[i].connections == 0)
			continue;
		by_user |= policy_rule_is_by_user(&rules->items[i]);
		otherwise |= !policy_rule_is_by_user(&rules->items[i]);
	}
	if (otherwise)
		snprintf(text, NOTHING_SIZE,
			 "nothing to allow: see below why no rule allows the connections of %s",
			 subject);
	else if (by_user)
		snprintf(text, NOTHING_SIZE,
			 "nothing to allow: you left out all connections of %s that succeeded",
			 subject);
	else
		snprintf(text, NOTHING_SIZE,
			 "nothing to allow yet: no connection of %s%s has succeeded", subject,
			 splits ? " that passes the options" : "");
}

/* Draws why there is no policy. Returns the number of rows used. */
static int policy_pane_draw_empty(const struct policy_pane *pane, const struct context *context,
				  const struct canvas *canvas)
{
	const struct draft_set *set = pane->draft.set;
	size_t warnings = set ? set->warnings.count : 0;
	char nothing[NOTHING_SIZE];
	int row = 0;

	if (pane->draft.error) {
		canvas_print(canvas, row++, 2, ROLE_ERROR, "no draft: %s",
			     strerror(-pane->draft.error));
	} else if (!context->subject) {
		canvas_print(canvas, row++, 2, ROLE_DIM,
			     "a NetworkPolicy appears here as connections come in");
	} else if (filter_has(context->options->filter, FILTER_OF_CONNECTION)) {
		canvas_print(canvas, row++, 2, ROLE_DIM,
			     "no draft: it is made from destinations, and --pid selects none");
	} else if (warnings == 0) {
		policy_pane_write_nothing(&pane->rules.rules, context, nothing);
		row = canvas_wrap(canvas, row, 2, ROLE_DIM, nothing);
	}
	for (size_t i = 0; i < warnings; i++)
		row = canvas_wrap(canvas, row, 2, ROLE_DIM, set->warnings.items[i]);
	return row;
}

/* Draws the rules or the YAML. Without a policy, draws the reason above the destinations that are
 * left out. */
static void policy_pane_draw_draft(struct policy_pane *pane, const struct context *context,
				   const struct canvas *canvas)
{
	struct canvas part = *canvas;

	part.focused = canvas->focused && !pane->evidence.entered;
	if (policy_pane_is_yaml(pane)) {
		policy_yaml_draw(&pane->yaml, &pane->draft, context, &part, pane->search);
		return;
	}
	pane->above =
		policy_draft_get(&pane->draft) ? 0 : policy_pane_draw_empty(pane, context, canvas);
	part = canvas_part(&part, pane->above, 0, canvas->area.rows, canvas->area.columns);
	policy_rules_draw(&pane->rules, &pane->draft, context, &part, pane->search);
}

/* Returns the width of the draft beside the evidence. */
static int policy_pane_left(const struct policy_pane *pane, const struct context *context,
			    int columns)
{
	int least = columns * 2 / 5;
	int most = columns * 11 / 20;
	int need = policy_pane_is_yaml(pane) ? least : policy_rules_need(&pane->rules, context);

	return need < least ? least : need > most ? most : need;
}

static void policy_pane_draw(void *view, const struct context *context, const struct canvas *canvas)
{
	struct policy_pane *pane = view;
	struct canvas part = *canvas;

	/* The next update reads `split`, so the first frame after a resize may lack the
	 * evidence. */
	pane->split = canvas->area.columns >= SPLIT_COLUMNS && pane->rules.rules.count > 0;
	if (!pane->split) {
		if (pane->evidence.entered)
			policy_evidence_draw(&pane->evidence, context, canvas);
		else
			policy_pane_draw_draft(pane, context, canvas);
		return;
	}
	pane->left = policy_pane_left(pane, context, canvas->area.columns);
	part = canvas_part(canvas, 0, pane->left, canvas->area.rows, canvas->area.columns);
	for (int row = 0; row < part.area.rows; row++)
		canvas_text(&part, row, 0, 1, ROLE_BORDER,
			    canvas->glyphs->border[BORDER_UP | BORDER_DOWN]);
	part = canvas_part(&part, 0, 1, part.area.rows, part.area.columns);
	policy_evidence_draw(&pane->evidence, context, &part);
	part = canvas_part(canvas, 0, 0, canvas->area.rows, pane->left);
	policy_pane_draw_draft(pane, context, &part);
}

/* --- search --- */

/* Returns the list in which the search goes from line to line. */
static struct list_cursor *policy_pane_searched(struct policy_pane *pane)
{
	return policy_pane_is_yaml(pane) ? &pane->yaml.list : &pane->rules.list;
}

static size_t policy_pane_place(const struct list_cursor *list)
{
	return list->selects ? list->cursor : list->top;
}

/* Goes to a line with a match, from line `from` on. */
static bool policy_pane_go_to_match(struct policy_pane *pane, const struct context *context,
				    size_t from, bool forward)
{
	struct list_cursor *list = policy_pane_searched(pane);
	CLEANUP_FREE char *rules = NULL;
	const char *text = pane->draft.text.text;
	size_t count = pane->draft.text.count;
	size_t line;

	if (!policy_pane_is_yaml(pane)) {
		count = pane->rules.rules.count;
		if (policy_rules_print(&pane->rules, &pane->draft, context, &rules))
			return false;
		text = rules;
	}
	line = count == 0 ? POLICY_SEARCH_NONE
			  : policy_search_line(text, count, pane->search, from, forward);
	if (line == POLICY_SEARCH_NONE)
		return false;
	pane->evidence.entered = false;
	list->moved = true;
	list->cursor = line;
	if (!list->selects)
		list->top = line;
	pane->match = line;
	return true;
}

void policy_pane_start_search(struct policy_pane *pane)
{
	pane->search_start = *policy_pane_searched(pane);
}

bool policy_pane_search(struct policy_pane *pane, const struct context *context, const char *text)
{
	snprintf(pane->search, sizeof(pane->search), "%s", text);
	return !*text ||
	       policy_pane_go_to_match(pane, context, policy_pane_place(&pane->search_start), true);
}

void policy_pane_end_search(struct policy_pane *pane, bool back)
{
	pane->search[0] = '\0';
	if (back)
		*policy_pane_searched(pane) = pane->search_start;
}

/* --- keys --- */

/* Shows a message with the reason why there is no rule at the cursor. */
static void policy_pane_refuse(const struct policy_pane *pane, struct context *context)
{
	if (!policy_pane_is_yaml(pane))
		context_note(context, "the policy has no rule to leave out");
	else if (pane->yaml.list.selects)
		context_note(context, "put the cursor on a line of a rule: x leaves the rule out");
	else
		context_note(context, "y shows the rules: x leaves one out");
}

/* Leaves the destination at the cursor out of the draft, or all destinations of the rule. */
static void policy_pane_leave_out(struct policy_pane *pane, struct context *context)
{
	const struct edge *edge = policy_pane_destination(pane);
	const struct draft_rule *rule = policy_pane_rule(pane);
	size_t count = edge ? 1 : rule ? rule->edges.count : 0;

	if (!rule)
		policy_pane_refuse(pane, context);
	else if (count == 0)
		context_note(context, "no connection is behind this rule: nothing to leave out");
	else if (count == 1)
		leave_out_edge(context, edge ? edge : rule->edges.items[0]);
	else if (exclusions_add_all(context->exclusions, rule->edges.items, count))
		context_error(context, "no memory to leave %zu destinations out", count);
	else
		context_note(context,
			     "%zu destinations are left out of the draft: X brings them back",
			     count);
}

/* Brings back the destination at the cursor, or all of the line "left out by you". Elsewhere,
 * brings back the destination that was left out last. */
static void policy_pane_bring_back(struct policy_pane *pane, struct context *context)
{
	const struct edge *edge = policy_pane_destination(pane);
	const struct draft_rule *rule = policy_pane_rule(pane);
	bool left_out = rule && rule->kind == DRAFT_RULE_LEFT_OUT;
	size_t count = edge ? 1 : rule ? rule->edges.count : 0;
	size_t brought = 0;

	for (size_t i = 0; left_out && i < count; i++)
		brought +=
			exclusions_remove(context->exclusions, edge ? edge : rule->edges.items[i]);
	if (brought > 0)
		context_note(context, "%zu %s in the draft again", brought,
			     brought == 1 ? "destination is" : "destinations are");
	else
		leave_out_end_last(context, context->subject);
}

/* Ends the search, or leaves the evidence. Returns false if there is neither. */
static bool policy_pane_go_back(struct policy_pane *pane)
{
	if (pane->evidence.entered)
		pane->evidence.entered = false;
	else if (pane->search[0])
		policy_pane_end_search(pane, false);
	else
		return false;
	return true;
}

static bool policy_pane_search_again(struct policy_pane *pane, struct context *context,
				     bool forward)
{
	if (!pane->search[0])
		return false;
	if (!policy_pane_go_to_match(pane, context, forward ? pane->match + 1 : pane->match - 1,
				     forward))
		context_note(context, "%s is not in the policy", pane->search);
	return true;
}

static bool policy_pane_act(void *view, struct context *context, enum action action)
{
	struct policy_pane *pane = view;

	switch (action) {
	case ACTION_BACK:
		return policy_pane_go_back(pane);
	case ACTION_NAMESPACE:
	case ACTION_SEARCH:
		return policy_pane_search_again(pane, context, action == ACTION_NAMESPACE);
	case ACTION_LEAVE_OUT:
		policy_pane_leave_out(pane, context);
		return true;
	case ACTION_BRING_BACK:
		policy_pane_bring_back(pane, context);
		return true;
	case ACTION_FOLLOW:
		pane->rules.list.moved = pane->yaml.list.moved = false;
		return true;
	default:
		return false;
	}
}

static bool policy_pane_click(void *view, struct context *context, int row, int column)
{
	struct policy_pane *pane = view;
	bool beside = pane->split && column >= pane->left;
	struct list_cursor *list;

	(void)context;
	if (beside && !pane->evidence.entered && !policy_pane_enter(pane))
		return false;
	if (pane->split && !beside)
		pane->evidence.entered = false;
	list = policy_pane_scroll(pane);
	row -= pane->evidence.entered      ? pane->evidence.heading
	       : list == &pane->rules.list ? pane->above
					   : 0;
	if (!list->selects || row < 0 || list->top + (size_t)row >= list->count)
		return false;
	list_cursor_select(list, list->top + (size_t)row);
	return true;
}

const char *policy_pane_text(const struct policy_pane *pane, const struct subject *subject)
{
	return pane->draft.basis.subject == subject && pane->draft.text.text ? pane->draft.text.text
									     : "";
}

const struct view_operations policy_pane_operations = {
	.name = "Policy",
	.short_name = "Policy",
	.hints = KEY_PLACE_POLICY,
	.update = policy_pane_update,
	.title = policy_pane_title,
	.draw = policy_pane_draw,
	.act = policy_pane_act,
	.click = policy_pane_click,
};
