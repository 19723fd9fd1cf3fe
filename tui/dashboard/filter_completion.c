/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/filter_completion.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/filter/filter_keys.h"
#include "core/record/address.h"
#include "core/record/record_names.h"
#include "core/state/conn_words.h"
#include "tui/columns/conn_view.h"

#define CONNECTIONS_MAX 20000

static void filter_completion_put_number(bool known, uint32_t number,
					 char text[CONN_VIEW_PEER_SIZE])
{
	if (known)
		snprintf(text, CONN_VIEW_PEER_SIZE, "%" PRIu32, number);
}

static void filter_completion_put_address(const struct flow *flow, enum filter_field field,
					  char text[CONN_VIEW_PEER_SIZE])
{
	bool is_source = field == FILTER_FIELD_SOURCE;

	if (flow->has & (is_source ? FLOW_HAS_SRC : FLOW_HAS_DST))
		address_format(flow->family, is_source ? &flow->src : &flow->dst, text);
}

/* Writes the value of a field of a connection, or "" if it is unknown. */
static void filter_completion_value(const struct state *state, const struct conn *conn,
				    enum filter_field field, char text[CONN_VIEW_PEER_SIZE])
{
	const struct flow *flow = &conn->flow;
	const char *value = NULL;
	struct flow_names names;

	text[0] = '\0';
	conn_view_names(state, conn, &names);
	switch (field) {
	case FILTER_FIELD_NODE:
		value = names.node;
		break;
	case FILTER_FIELD_NAMESPACE:
		value = names.namespace_name;
		break;
	case FILTER_FIELD_POD:
		value = names.pod;
		break;
	case FILTER_FIELD_CONTAINER:
		value = names.container;
		break;
	case FILTER_FIELD_COMM:
		value = flow->comm;
		break;
	case FILTER_FIELD_PEER:
		conn_view_peer_or_address(&names, flow->family, flow_peer(flow), text);
		return;
	case FILTER_FIELD_DNS:
		value = names.dns;
		break;
	case FILTER_FIELD_STATE:
		value = conn_state_word(conn);
		break;
	case FILTER_FIELD_ERROR:
		value = flow->error ? flow_error_name(flow->error) : NULL;
		break;
	case FILTER_FIELD_DROP:
		value = conn->drop;
		break;
	case FILTER_FIELD_END:
		value = record_word(&flow_end_words, flow->end);
		break;
	case FILTER_FIELD_SOURCE:
	case FILTER_FIELD_DESTINATION:
	case FILTER_FIELD_ADDRESS:
		filter_completion_put_address(flow, field, text);
		return;
	case FILTER_FIELD_PID:
		filter_completion_put_number(flow->has & FLOW_HAS_PID, flow->pid, text);
		return;
	case FILTER_FIELD_UID:
		filter_completion_put_number(flow->has & FLOW_HAS_UID, flow->uid, text);
		return;
	case FILTER_FIELD_DPORT:
		filter_completion_put_number(flow->has & FLOW_HAS_DPORT, flow->dport, text);
		return;
	default:
		return;
	}
	if (value)
		snprintf(text, CONN_VIEW_PEER_SIZE, "%s", value);
}

/* Returns whether a value is safe in a line: it has neither quotes nor control characters. */
static bool filter_completion_is_plain(const char *value)
{
	for (; *value; value++) {
		if ((unsigned char)*value < ' ' || *value == '"' || (unsigned char)*value >= 0x7f)
			return false;
	}
	return true;
}

static void filter_completion_add_value(struct completion *completion, const char *value,
					const char *prefix)
{
	char quoted[CONN_VIEW_PEER_SIZE + 2];

	if (!filter_completion_is_plain(value) || strncasecmp(value, prefix, strlen(prefix)) != 0)
		return;
	bool plain = !strpbrk(value, " ,()");
	snprintf(quoted, sizeof(quoted), plain ? "%s" : "\"%s\"", value);
	completion_add(completion, quoted, "");
}

static void filter_completion_add_values(struct completion *completion,
					 const struct filter_key *key, const char *prefix,
					 const struct state *state)
{
	const struct conn *conn = state_newest(state);
	char value[CONN_VIEW_PEER_SIZE];

	for (const char *word = key->words; word && *word;) {
		size_t length = strcspn(word, " ");
		snprintf(value, sizeof(value), "%.*s", (int)length, word);
		filter_completion_add_value(completion, value, prefix);
		word += length + (word[length] == ' ');
	}
	for (size_t i = 0; !key->words && conn && i < CONNECTIONS_MAX; i++, conn = conn->older) {
		filter_completion_value(state, conn, key->field, value);
		filter_completion_add_value(completion, value, prefix);
	}
}

static void filter_completion_add_keys(struct completion *completion, const char *prefix)
{
	char item[32];

	for (size_t i = 0; i < filter_key_count; i++) {
		if (filter_keys[i].value == FILTER_VALUE_NONE)
			continue;
		snprintf(item, sizeof(item), "%s:", filter_keys[i].name);
		completion_add(completion, item, prefix);
	}
}

static void filter_completion_add_names(struct completion *completion, const char *prefix,
					const struct filter_names *names)
{
	char item[FILTER_NAME_MAX + 2];

	for (size_t i = 0; names && i < names->count; i++) {
		snprintf(item, sizeof(item), "@%s", names->items[i].name);
		completion_add(completion, item, prefix);
	}
}

void filter_completion_find(struct completion *completion, const struct input_line *line,
			    const void *data)
{
	const struct filter_completion_source *source = data;

	char word[INPUT_LINE_SIZE];
	size_t start = line->cursor;

	while (start > source->from && !strchr(" !(", line->text[start - 1]))
		start--;
	snprintf(word, sizeof(word), "%.*s", (int)(line->cursor - start), line->text + start);
	if (word[0] == '@') {
		completion->start = start;
		filter_completion_add_names(completion, word, source->names);
		return;
	}
	size_t letters = strcspn(word, ":=~<>");
	const struct filter_key *key = word[letters] ? filter_key_find(word, letters) : NULL;
	if (!word[letters]) {
		completion->start = start;
		filter_completion_add_keys(completion, word);
		return;
	}
	if (!key)
		return;
	/* A value begins after the operator, or after the comma of a list. */
	size_t value = letters + strspn(word + letters, ":=~<>");
	const char *comma = strrchr(word + value, ',');
	if (comma)
		value = (size_t)(comma - word) + 1;
	completion->start = start + value;
	filter_completion_add_values(completion, key, word + value, source->state);
}
