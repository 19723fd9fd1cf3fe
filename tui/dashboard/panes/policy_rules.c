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
	rules->at_edge = NULL;
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

static bool policy_rules_has_edge(const struct draft_rule *rule, const struct edge *edge)
{
	for (size_t i = 0; i < rule->edges.count; i++) {
		if (rule->edges.items[i] == edge)
			return true;
	}
	return false;
}

/* Moves the cursor to the rule that has the edge of the rule at the old cursor. A rule of another
 * kind counts only if none of the same kind has it. */
static void policy_rules_follow(struct policy_rules *rules)
{
	struct list_cursor *list = &rules->list;
	size_t found = rules->rules.count;
	long moved;

	for (size_t i = 0; rules->at_edge && i < rules->rules.count; i++) {
		const struct draft_rule *rule = &rules->rules.items[i];

		if (!policy_rules_has_edge(rule, rules->at_edge))
			continue;
		if (found == rules->rules.count || rule->kind == rules->at_kind)
			found = i;
		if (rule->kind == rules->at_kind)
			break;
	}
	if (found == rules->rules.count)
		return;
	moved = (long)found - (long)list->cursor;
	list->cursor = found;
	list->top = moved < 0 && (size_t)-moved > list->top ? 0 : list->top + (size_t)moved;
}

/* Remembers the rule at the cursor for policy_rules_follow. */
static void policy_rules_remember(struct policy_rules *rules)
{
	const struct draft_rule *rule = policy_rules_at(rules);

	rules->at_edge = rule && rule->edges.count > 0 ? rule->edges.items[0] : NULL;
	rules->at_kind = rule ? rule->kind : 0;
}

int policy_rules_update(struct policy_rules *rules, const struct policy_draft *draft,
			const struct context *context)
{
	if (rules->version == draft->version)
		return 0;
	policy_rules_clear(rules);
	rules->version = draft->version;
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
	if (rules->list.moved)
		policy_rules_follow(rules);
	return 0;
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
	policy_rules_remember(rules);
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
};

/* Draws the peers of a rule, and returns the columns used. */
static int policy_rules_draw_peers(const struct rules_drawing *drawing,
				   const struct draft_rule *rule, const struct canvas *line,
				   int width, enum role role)
{
	char text[POLICY_RULE_TEXT_SIZE];
	int used;

	policy_rule_peers(drawing->context->state, rule, policy_rules_namespace(drawing->draft),
			  width, text);
	used = canvas_text(line, 0, PEERS_COLUMN, width, role | CANVAS_MIDDLE, text);
	policy_search_draw(line, PEERS_COLUMN, text, drawing->search);
	return used;
}

/* Draws the peers, the ports and the evidence of a rule of the policy. */
static void policy_rules_draw_allowed(const struct rules_drawing *drawing,
				      const struct draft_rule *rule, const struct canvas *line,
				      bool is_new)
{
	int column = PEERS_COLUMN + drawing->widths[RULES_PEERS] + GAP;
	char text[POLICY_RULE_TEXT_SIZE];
	char evidence[CELL_SIZE];

	policy_rules_draw_peers(drawing, rule, line, drawing->widths[RULES_PEERS],
				is_new ? ROLE_NEW : ROLE_PEER);
	policy_rule_ports(rule, drawing->widths[RULES_PORTS], text);
	canvas_text(line, 0, column, drawing->widths[RULES_PORTS], is_new ? ROLE_NEW : ROLE_TEXT,
		    text);
	policy_search_draw(line, column, text, drawing->search);
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
static void policy_rules_draw_reason(const struct rules_drawing *drawing,
				     const struct draft_rule *rule, int peers_need,
				     const struct canvas *line)
{
	int room = line->area.columns - PEERS_COLUMN - 1 - (peers_need ? GAP : 0);
	int column = PEERS_COLUMN;
	char reason[POLICY_RULE_TEXT_SIZE];
	int widths[2];

	policy_rule_reason(rule, reason);
	share_columns(room, (const int[]){peers_need, (int)text_width(reason)}, 2, widths);
	if (peers_need)
		column += policy_rules_draw_peers(drawing, rule, line, widths[0], ROLE_PEER) + GAP;
	canvas_text(line, 0, column, line->area.columns - column,
		    rule->kind == DRAFT_RULE_LEFT_OUT ? ROLE_TEXT : ROLE_DIM, reason);
	policy_search_draw(line, column, reason, drawing->search);
}

static void policy_rules_draw_row(const struct rules_drawing *drawing, size_t index,
				  const struct canvas *line)
{
	const struct draft_rule *rule = &drawing->rules->rules.items[index];
	const struct policy_rule_row *row = &drawing->rules->rows[index];
	bool is_new = policy_draft_is_new(drawing->context, row->mark_ns, POLICY_NEW_NS);
	bool ingress = rule->direction == NETPOL_INGRESS;
	uint8_t direction = ingress ? FLOW_INGRESS : FLOW_EGRESS;

	if (is_new)
		canvas_text(line, 0, SIGN_COLUMN, 1, ROLE_NEW, "+");
	else if (rule->kind == DRAFT_RULE_LEFT_OUT)
		canvas_text(line, 0, SIGN_COLUMN, 1, ROLE_FAILED, line->glyphs->cross);
	canvas_text(line, 0, DIRECTION_COLUMN, DIRECTION_WIDTH, is_new ? ROLE_NEW : ROLE_TEXT,
		    ingress ? "ingress" : "egress");
	canvas_text(line, 0, ARROW_COLUMN, 1, cell_arrow_role(direction),
		    cell_arrow(line->glyphs, direction));
	if (rule->kind == DRAFT_RULE_ALLOWED)
		policy_rules_draw_allowed(drawing, rule, line, is_new);
	else
		policy_rules_draw_reason(drawing, rule, row->peers_need, line);
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
		       const struct state *state, char **text)
{
	CLEANUP_BUFFER struct buffer buffer = {0};
	char part[POLICY_RULE_TEXT_SIZE];

	for (size_t i = 0; i < rules->rules.count; i++) {
		const struct draft_rule *rule = &rules->rules.items[i];

		buffer_append_text(&buffer,
				   rule->direction == NETPOL_INGRESS ? "ingress" : "egress");
		for (size_t j = 0; j < policy_rule_peer_count(rule); j++) {
			policy_rule_peer(state, rule, policy_rules_namespace(draft), j, part);
			buffer_printf(&buffer, " %s", part);
		}
		policy_rule_ports(rule, INT_MAX, part);
		buffer_printf(&buffer, " %s", part);
		policy_rule_reason(rule, part);
		buffer_printf(&buffer, " %s\n", part);
	}
	return buffer_steal(&buffer, text, NULL);
}
