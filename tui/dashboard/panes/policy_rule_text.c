/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/policy_rule_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/policy/draft/left_out.h"
#include "core/policy/draft/note.h"
#include "core/policy/netpol/netpol_words.h"
#include "tui/dashboard/table/cells.h"

#define PART_SIZE  512
#define COUNT_SIZE 48

/* A list of parts that is cut to a width. */
struct rule_list {
	char *text;
	size_t length;
	int width;        /* columns that may be used */
	size_t total;     /* the number of all parts */
	size_t written;   /* parts so far */
	const char *more; /* " more", or "" */
	bool full;        /* no further part fits, and the number of the remaining parts was
	                   * written */
};

/* Adds one part after a separator. If it does not fit, adds the number of the remaining parts
 * instead. */
static void rule_list_add(struct rule_list *list, const char *separator, const char *part)
{
	size_t rest = list->total - list->written - 1;
	char with_rest[PART_SIZE + 64];
	char number[32] = "";

	if (list->full)
		return;
	if (rest > 0)
		snprintf(number, sizeof(number), ", +%zu%s", rest, list->more);
	snprintf(with_rest, sizeof(with_rest), "%s%s%s", list->written ? separator : "", part,
		 number);
	if (list->written && (int)(text_width(list->text) + text_width(with_rest)) > list->width) {
		snprintf(list->text + list->length, POLICY_RULE_TEXT_SIZE - list->length,
			 ", +%zu%s", rest + 1, list->more);
		list->full = true;
		return;
	}
	snprintf(list->text + list->length, POLICY_RULE_TEXT_SIZE - list->length, "%s%s",
		 list->written ? separator : "", part);
	list->length = strlen(list->text);
	list->written++;
	/* Stop before the buffer is full, even if the width is larger. */
	if (rest > 0 && POLICY_RULE_TEXT_SIZE - list->length < PART_SIZE + 64) {
		snprintf(list->text + list->length, POLICY_RULE_TEXT_SIZE - list->length, "%s",
			 number);
		list->full = true;
	}
}

/* Writes a destination with its port ("203.0.113.99:443"), or a client ("203.0.113.9 to 8080"). */
static void rule_write_end(const struct state *state, const struct edge *edge,
			   char part[POLICY_RULE_TEXT_SIZE])
{
	bool bare = !edge->peer_name && edge->family == 6;
	char peer[CELL_SIZE];

	cell_edge_peer(state, edge, peer);
	if (edge->direction == FLOW_INGRESS)
		snprintf(part, PART_SIZE, "%.400s to %u", peer, edge->port);
	else if (bare && strchr(peer, ':'))
		snprintf(part, PART_SIZE, "[%.400s]:%u", peer, edge->port);
	else
		snprintf(part, PART_SIZE, "%.400s:%u", peer, edge->port);
}

size_t policy_rule_peer_count(const struct draft_rule *rule)
{
	return rule->rule ? rule->rule->peer_count : rule->left_out.count;
}

void policy_rule_peer(const struct state *state, const struct draft_rule *rule,
		      const char *namespace_name, size_t index, char text[POLICY_RULE_TEXT_SIZE])
{
	struct netpol_words words = netpol_words_start(text, PART_SIZE);

	if (rule->rule)
		netpol_words_peer_short(&words, &rule->rule->peers[index],
					namespace_name ? namespace_name : "");
	else
		rule_write_end(state, rule->left_out.items[index].edges.items[0], text);
}

void policy_rule_peers(const struct state *state, const struct draft_rule *rule,
		       const char *namespace_name, int width, char text[POLICY_RULE_TEXT_SIZE])
{
	size_t count = policy_rule_peer_count(rule);
	struct rule_list list = {.text = text, .width = width, .total = count, .more = " more"};
	char part[POLICY_RULE_TEXT_SIZE];

	text[0] = '\0';
	for (size_t i = 0; i < count && !list.full; i++) {
		policy_rule_peer(state, rule, namespace_name, i, part);
		rule_list_add(&list, ", ", part);
	}
}

void policy_rule_ports(const struct draft_rule *rule, int width, char text[POLICY_RULE_TEXT_SIZE])
{
	size_t count = rule->rule ? rule->rule->port_count : 0;
	struct rule_list list = {.text = text, .width = width, .total = count, .more = ""};
	char part[PART_SIZE];

	text[0] = '\0';
	for (size_t i = 0; i < count && !list.full; i++) {
		const struct netpol_port *port = &rule->rule->ports[i];
		struct netpol_words words = netpol_words_start(part, sizeof(part));
		const char *number;
		bool same = i > 0 && port[-1].protocol == port->protocol;

		netpol_words_port(&words, port, NULL);
		number = strchr(part, ' ');
		if (same && number)
			rule_list_add(&list, ",", number + 1);
		else
			rule_list_add(&list, ", ", part);
	}
}

bool policy_rule_is_by_user(const struct draft_rule *rule)
{
	uint8_t kind = rule->left_out.count > 0 ? rule->left_out.items[0].kind : 0;

	return rule->left_out.count > 0 && (kind == NOTE_EXCLUDED || kind == NOTE_FEW);
}

/* Writes the number that the title of the draft counts, before the reason: connections, or
 * destinations to which no connection succeeded if the user left them out. Writes "" for one. */
static void policy_rule_count(const struct draft_rule *rule, char text[COUNT_SIZE])
{
	const struct draft_left_outs *left_out = &rule->left_out;
	uint64_t connections = policy_rule_is_by_user(rule) ? rule->connections : 0;

	for (size_t i = 0; !policy_rule_is_by_user(rule) && i < left_out->count; i++)
		connections += left_out->items[i].count;
	text[0] = '\0';
	if (connections > 1 || (connections == 1 && left_out->count > 1))
		snprintf(text, COUNT_SIZE, "%" PRIu64 " ", connections);
	else if (connections == 0 && left_out->count > 1)
		snprintf(text, COUNT_SIZE, "%zu destinations ", left_out->count);
}

void policy_rule_reason(const struct draft_rule *rule, char text[POLICY_RULE_TEXT_SIZE])
{
	const char *what = rule->restricted ? "left out" : "without a rule";
	char reason[LEFT_OUT_REASON_SIZE];
	char count[COUNT_SIZE];

	text[0] = '\0';
	if (rule->kind == DRAFT_RULE_UNRESTRICTED)
		snprintf(text, POLICY_RULE_TEXT_SIZE,
			 "not restricted: nothing was seen that needs a rule");
	if (rule->kind != DRAFT_RULE_LEFT_OUT)
		return;
	left_out_reason(&rule->left_out.items[0], reason);
	policy_rule_count(rule, count);
	/* This reason follows the words without a colon: "left out by you". */
	if (policy_rule_is_by_user(rule))
		snprintf(text, POLICY_RULE_TEXT_SIZE, "%sleft out %s", count, reason);
	else
		snprintf(text, POLICY_RULE_TEXT_SIZE, "%s%s: %s", count, what, reason);
}
