/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/policy_rules.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "tui/dashboard/panes/policy_rule_again.h"
#include "tui/dashboard/panes/policy_rule_text.h"
#include "tui/dashboard/panes/policy_search.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/table/share.h"

/* The columns of a row: the sign, the direction, the arrow, the peers, the ports, the evidence. */
#define SIGN_COLUMN      1
#define DIRECTION_COLUMN 3
#define DIRECTION_WIDTH  7
#define ARROW_COLUMN     11
#define PEERS_COLUMN     13
#define GAP              2
/* The evidence: "1.2k conn", or "1.2k, 59s ago" for a new rule. */
#define EVIDENCE_WIDTH     9
#define EVIDENCE_NEW_WIDTH 13
/* The columns besides those of the peers, the ports and the evidence. */
#define FIXED_COLUMNS (PEERS_COLUMN + 2 * GAP + 1)
/* Peers and ports that need more columns are cut. */
#define PEERS_MOST 200
#define PORTS_MOST 60

void policy_rules_clear(struct policy_rules *rules)
{
	draft_rules_clear(&rules->rules);
	free(STEAL(rules->rows));
}

void policy_rules_restart(struct policy_rules *rules)
{
	rules->list.moved = false;
	rules->list.top = 0;
	rules->list.cursor = 0;
}

const struct draft_rule *policy_rules_at(const struct policy_rules *rules)
{
	return rules->list.cursor < rules->rules.count ? &rules->rules.items[rules->list.cursor]
						       : NULL;
}

const struct draft_rule *policy_rules_find(const struct policy_rules *rules, uint8_t direction,
					   uint32_t index)
{
	for (size_t i = 0; i < rules->rules.count; i++) {
		const struct draft_rule *rule = &rules->rules.items[i];

		if (rule->kind == DRAFT_RULE_ALLOWED && rule->direction == direction &&
		    rule->index == index)
			return rule;
	}
	return NULL;
}

static const char *policy_rules_namespace(const struct policy_draft *draft)
{
	const struct draft *drafted = policy_draft_get(draft);

	return drafted ? drafted->policy->namespace_name : NULL;
}

/* Sets the mark of each rule to the newest mark of its lines in the text. */
static void policy_rules_mark(struct policy_rules *rules, const struct policy_draft *draft)
{
	size_t at = 0;

	/* The lines have the order of the list. */
	for (size_t i = 0; i < draft->text.count; i++) {
		const struct draft_line *line = &draft->text.lines[i];

		if (line->part == DRAFT_PART_NONE || draft->marks[i] == 0)
			continue;
		while (at < rules->rules.count &&
		       (rules->rules.items[at].kind != DRAFT_RULE_ALLOWED ||
			rules->rules.items[at].direction != line->direction ||
			rules->rules.items[at].index != line->rule))
			at++;
		if (at == rules->rules.count)
			return;
		if (rules->rows[at].mark_ns < draft->marks[i])
			rules->rows[at].mark_ns = draft->marks[i];
	}
}

static void policy_rules_measure(struct policy_rules *rules, const struct policy_draft *draft,
				 const struct state *state)
{
	char text[POLICY_RULE_TEXT_SIZE];

	for (size_t i = 0; i < rules->rules.count; i++) {
		const struct draft_rule *rule = &rules->rules.items[i];

		policy_rule_peers(state, rule, policy_rules_namespace(draft), PEERS_MOST, text);
		rules->rows[i].peers_need = (int)text_width(text);
		policy_rule_ports(rule, PORTS_MOST, text);
		rules->rows[i].ports_need = (int)text_width(text);
	}
}

/* Moves the cursor from its rule in an older list to the same rule. */
static void policy_rules_follow(struct policy_rules *rules, const struct draft_rules *old)
{
	struct list_cursor *list = &rules->list;
	size_t found = policy_rule_find_again(&rules->rules, old, list->cursor);
	long moved = (long)found - (long)list->cursor;

	if (found == rules->rules.count)
		return;
	list->cursor = found;
	list->top = moved < 0 && (size_t)-moved > list->top ? 0 : list->top + (size_t)moved;
}

/* Lists a draft. Returns 0 or -ENOMEM. */
static int policy_rules_list(struct policy_rules *rules, const struct policy_draft *draft,
			     const struct context *context)
{
	if (!draft->set)
		return 0;
	if (draft_rules_list(draft->set, draft->index, &rules->rules))
		return -ENOMEM;
	rules->rows = calloc(rules->rules.count + 1, sizeof(*rules->rows));
	if (!rules->rows) {
		policy_rules_clear(rules);
		return -ENOMEM;
	}
	policy_rules_mark(rules, draft);
	policy_rules_measure(rules, draft, context->state);
	return 0;
}

int policy_rules_update(struct policy_rules *rules, const struct policy_draft *draft,
			const struct context *context)
{
	struct draft_rules old = rules->rules;
	int err;

	if (rules->version == draft->version)
		return 0;
	rules->rules = (struct draft_rules){.items = NULL};
	policy_rules_clear(rules);
	rules->version = draft->version;
	err = policy_rules_list(rules, draft, context);
	if (!err && rules->list.moved)
		policy_rules_follow(rules, &old);
	draft_rules_clear(&old);
	return err;
}

/* Puts the cursor on the first fresh rule, if there is one, and makes it visible. */
static void policy_rules_find_place(struct policy_rules *rules, const struct context *context)
{
	struct list_cursor *list = &rules->list;
	size_t fresh = 0;

	while (fresh < rules->rules.count &&
	       !policy_draft_is_new(context, rules->rows[fresh].mark_ns, POLICY_FRESH_NS))
		fresh++;
	if (fresh < rules->rules.count)
		list->cursor = fresh;
	else if (list->cursor >= rules->rules.count)
		list->cursor = 0;
	if (list->cursor < list->top || list->cursor >= list->top + list->height)
		list->top = list->cursor;
}

void policy_rules_fit(struct policy_rules *rules, const struct context *context, int rows)
{
	rules->list.selects = true;
	if (!rules->list.moved)
		policy_rules_find_place(rules, context);
	list_cursor_fit(&rules->list, rules->rules.count, rows);
}

/* Writes the evidence of a rule: "34 conn", or "1, 4s ago" for a new rule. */
static void policy_rules_write_evidence(const struct draft_rule *rule, bool is_new,
					const struct context *context, char text[CELL_SIZE])
{
	const struct edge *newest;
	char number[TEXT_NUMBER_SIZE];
	char age[32];

	if (rule->edges.count == 0) {
		snprintf(text, CELL_SIZE, "added");
		return;
	}
	text_short_number(rule->connections, number);
	/* The newest destination is why the rule is new. */
	newest = rule->edges.items[0];
	for (size_t i = 1; i < rule->edges.count; i++) {
		if (rule->edges.items[i]->first_ns > newest->first_ns)
			newest = rule->edges.items[i];
	}
	text_short_age(context_now(context, newest->subject->node_index), newest->first_ns, age);
	if (is_new)
		snprintf(text, CELL_SIZE, "%s, %s%s", number, age,
			 strcmp(age, "now") == 0 ? "" : " ago");
	else
		snprintf(text, CELL_SIZE, "%s conn", number);
}

/* The widths of the peers, the ports and the evidence. */
enum { RULES_PEERS = 0, RULES_PORTS, RULES_EVIDENCE, RULES_WIDTHS };

/* Finds the widths that the widest rules need. */
static void policy_rules_find_needs(const struct policy_rules *rules, const struct context *context,
				    int needs[RULES_WIDTHS])
{
	needs[RULES_PEERS] = needs[RULES_PORTS] = 0;
	needs[RULES_EVIDENCE] = EVIDENCE_WIDTH;
	for (size_t i = 0; i < rules->rules.count; i++) {
		const struct policy_rule_row *row = &rules->rows[i];

		if (rules->rules.items[i].kind != DRAFT_RULE_ALLOWED)
			continue;
		if (needs[RULES_PEERS] < row->peers_need)
			needs[RULES_PEERS] = row->peers_need;
		if (needs[RULES_PORTS] < row->ports_need)
			needs[RULES_PORTS] = row->ports_need;
		if (policy_draft_is_new(context, row->mark_ns, POLICY_NEW_NS))
			needs[RULES_EVIDENCE] = EVIDENCE_NEW_WIDTH;
	}
}

int policy_rules_need(const struct policy_rules *rules, const struct context *context)
{
	int needs[RULES_WIDTHS];

	policy_rules_find_needs(rules, context, needs);
	return needs[RULES_PEERS] + needs[RULES_PORTS] + needs[RULES_EVIDENCE] + FIXED_COLUMNS;
}

/* Computes the widths for a pane of `columns`. */
static void policy_rules_divide(const struct policy_rules *rules, const struct context *context,
				int columns, int widths[RULES_WIDTHS])
{
	int needs[RULES_WIDTHS];

	policy_rules_find_needs(rules, context, needs);
	widths[RULES_EVIDENCE] = needs[RULES_EVIDENCE];
	share_columns(columns - FIXED_COLUMNS - needs[RULES_EVIDENCE], needs, RULES_EVIDENCE,
		      widths);
}

/* Inputs for the rows of one frame. */
struct rules_drawing {
	const struct policy_rules *rules;
	const struct policy_draft *draft;
	const struct context *context;
	const char *search;
	int widths[RULES_WIDTHS];
	bool found; /* a match was drawn in the row */
};

/* Draws a text with its matches, and returns the columns used. */
static int policy_rules_draw_text(struct rules_drawing *drawing, const struct canvas *line,
				  const struct policy_search_place *place, enum role role,
				  const char *text)
{
	int used = canvas_text(line, 0, place->column, place->width, role | place->style, text);

	drawing->found |= policy_search_draw(line, place, text, drawing->search);
	return used;
}

/* Draws the peers of a rule, and returns the columns used. */
static int policy_rules_draw_peers(struct rules_drawing *drawing, const struct draft_rule *rule,
				   const struct canvas *line, int width, enum role role)
{
	const struct policy_search_place place = {PEERS_COLUMN, width, CANVAS_MIDDLE};
	char text[POLICY_RULE_TEXT_SIZE];

	policy_rule_peers(drawing->context->state, rule, policy_rules_namespace(drawing->draft),
			  width, text);
	return policy_rules_draw_text(drawing, line, &place, role, text);
}

/* Draws the peers, the ports and the evidence of a rule of the policy. */
static void policy_rules_draw_allowed(struct rules_drawing *drawing, const struct draft_rule *rule,
				      const struct canvas *line, bool is_new)
{
	int column = PEERS_COLUMN + drawing->widths[RULES_PEERS] + GAP;
	const struct policy_search_place ports = {column, drawing->widths[RULES_PORTS], 0};
	char text[POLICY_RULE_TEXT_SIZE];
	char evidence[CELL_SIZE];

	policy_rules_draw_peers(drawing, rule, line, drawing->widths[RULES_PEERS],
				is_new ? ROLE_NEW : ROLE_PEER);
	policy_rule_ports(rule, drawing->widths[RULES_PORTS], text);
	policy_rules_draw_text(drawing, line, &ports, is_new ? ROLE_NEW : ROLE_TEXT, text);
	column += drawing->widths[RULES_PORTS] + GAP;
	policy_rules_write_evidence(rule, is_new, drawing->context, evidence);
	canvas_text(line, 0, column, drawing->widths[RULES_EVIDENCE],
		    (rule->edges.count == 0 ? ROLE_DIM
		     : is_new               ? ROLE_NEW
					    : ROLE_TEXT) |
			    CANVAS_RIGHT,
		    evidence);
}

/* Draws the destinations that are left out, and why. */
static void policy_rules_draw_reason(struct rules_drawing *drawing, const struct draft_rule *rule,
				     int peers_need, const struct canvas *line)
{
	int room = line->area.columns - PEERS_COLUMN - 1 - (peers_need ? GAP : 0);
	struct policy_search_place place = {.column = PEERS_COLUMN};
	char reason[POLICY_RULE_TEXT_SIZE];
	int widths[2];

	policy_rule_reason(rule, reason);
	share_columns(room, (const int[]){peers_need, (int)text_width(reason)}, 2, widths);
	if (peers_need)
		place.column +=
			policy_rules_draw_peers(drawing, rule, line, widths[0], ROLE_PEER) + GAP;
	place.width = line->area.columns - place.column;
	policy_rules_draw_text(drawing, line, &place,
			       rule->kind == DRAFT_RULE_LEFT_OUT ? ROLE_TEXT : ROLE_DIM, reason);
}

static const char *policy_rules_direction(const struct draft_rule *rule)
{
	return rule->direction == NETPOL_INGRESS ? "ingress" : "egress";
}

static void policy_rules_append(struct buffer *buffer, const struct context *context,
				const char *text)
{
	char escaped[CANVAS_TEXT_SIZE];

	if (context->glyphs->unicode)
		text_escape(text, escaped, sizeof(escaped));
	else
		text_escape_ascii(text, escaped, sizeof(escaped));
	buffer_printf(buffer, " %s", escaped);
}

/* Adds the line of a rule with all its texts. */
static void policy_rules_append_rule(struct buffer *buffer, const struct draft_rule *rule,
				     const struct policy_draft *draft,
				     const struct context *context)
{
	char part[POLICY_RULE_TEXT_SIZE];

	buffer_append_text(buffer, policy_rules_direction(rule));
	for (size_t i = 0; i < policy_rule_peer_count(rule); i++) {
		policy_rule_peer(context->state, rule, policy_rules_namespace(draft), i, part);
		policy_rules_append(buffer, context, part);
	}
	policy_rule_ports(rule, INT_MAX, part);
	policy_rules_append(buffer, context, part);
	policy_rule_reason(rule, part);
	policy_rules_append(buffer, context, part);
	buffer_append_text(buffer, "\n");
}

/* Returns whether a rule has a match that the screen may lack, because the texts there are cut. */
static bool policy_rules_match(const struct rules_drawing *drawing, const struct draft_rule *rule)
{
	CLEANUP_BUFFER struct buffer buffer = {0};
	CLEANUP_FREE char *text = NULL;
	size_t length;

	if (!*drawing->search)
		return false;
	policy_rules_append_rule(&buffer, rule, drawing->draft, drawing->context);
	return !buffer_steal(&buffer, &text, &length) &&
	       policy_search_in(text, text + length, drawing->search);
}

static void policy_rules_draw_row(struct rules_drawing *drawing, size_t index,
				  const struct canvas *line)
{
	const struct draft_rule *rule = &drawing->rules->rules.items[index];
	const struct policy_rule_row *row = &drawing->rules->rows[index];
	bool is_new = policy_draft_is_new(drawing->context, row->mark_ns, POLICY_NEW_NS);
	bool ingress = rule->direction == NETPOL_INGRESS;
	uint8_t direction = ingress ? FLOW_INGRESS : FLOW_EGRESS;
	const struct policy_search_place place = {DIRECTION_COLUMN, DIRECTION_WIDTH, 0};

	drawing->found = false;
	if (is_new)
		canvas_text(line, 0, SIGN_COLUMN, 1, ROLE_NEW, "+");
	else if (rule->kind == DRAFT_RULE_LEFT_OUT)
		canvas_text(line, 0, SIGN_COLUMN, 1, ROLE_FAILED, line->glyphs->cross);
	policy_rules_draw_text(drawing, line, &place, is_new ? ROLE_NEW : ROLE_TEXT,
			       policy_rules_direction(rule));
	canvas_text(line, 0, ARROW_COLUMN, 1, cell_arrow_role(direction),
		    cell_arrow(line->glyphs, direction));
	if (rule->kind == DRAFT_RULE_ALLOWED)
		policy_rules_draw_allowed(drawing, rule, line, is_new);
	else
		policy_rules_draw_reason(drawing, rule, row->peers_need, line);
	/* The match is in a part that is not visible. */
	if (!drawing->found && policy_rules_match(drawing, rule))
		canvas_text(line, 0, ARROW_COLUMN, 1, ROLE_FILTER,
			    cell_arrow(line->glyphs, direction));
}

void policy_rules_draw(const struct policy_rules *rules, const struct policy_draft *draft,
		       const struct context *context, const struct canvas *canvas,
		       const char *search)
{
	struct rules_drawing drawing = {
		.rules = rules, .draft = draft, .context = context, .search = search};

	policy_rules_divide(rules, context, canvas->area.columns, drawing.widths);
	for (int row = 0; row < canvas->area.rows; row++) {
		size_t index = rules->list.top + (size_t)row;
		struct canvas line;

		if (index >= rules->rules.count)
			return;
		line = canvas_row(canvas, row, canvas->focused && index == rules->list.cursor);
		policy_rules_draw_row(&drawing, index, &line);
	}
}

int policy_rules_print(const struct policy_rules *rules, const struct policy_draft *draft,
		       const struct context *context, char **text)
{
	CLEANUP_BUFFER struct buffer buffer = {0};

	for (size_t i = 0; i < rules->rules.count; i++)
		policy_rules_append_rule(&buffer, &rules->rules.items[i], draft, context);
	return buffer_steal(&buffer, text, NULL);
}
