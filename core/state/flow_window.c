/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/flow_window.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/timestamp.h"
#include "core/state/conn_table.h"
#include "core/state/fold.h"
#include "core/state/identity/node_names.h"

#define DEFAULT_MAX_CONNECTIONS 100000

/* The number of texts of struct flow_names, which has no other members. */
#define NAME_COUNT (sizeof(struct flow_names) / sizeof(const char *))

/*
 * Unlike in the state, flow.names of a connection in the table is set: it has the latest value of
 * each text. `generation` is 1 for a connection that flow_window_next_open has returned. Ended
 * connections stay in the table until it is full, so that a late flow from before their end does
 * not open them again.
 */
struct flow_window {
	struct state_window limits;
	struct conn_table conns;
	struct node_names nodes;
	struct clocks clocks;
	struct conn *next; /* where flow_window_next_open continues; NULL: it has to search */
	uint64_t flows;    /* number of flows so far */
	uint64_t dropped;  /* see flow_window_report_dropped */
	size_t to_return;  /* open connections that were not returned */
};

int flow_window_new(const struct state_window *limits, size_t max_connections,
		    struct flow_window **out)
{
	struct flow_window *window = memory_checked(calloc(1, sizeof(*window)));

	if (!window)
		return -ENOMEM;
	window->limits = *limits;
	if (conn_table_init(&window->conns,
			    max_connections ? max_connections : DEFAULT_MAX_CONNECTIONS) ||
	    node_names_init(&window->nodes, NULL)) {
		flow_window_free(window);
		return -ENOMEM;
	}
	*out = window;
	return 0;
}

void flow_window_free(struct flow_window *window)
{
	if (!window)
		return;
	for (const struct conn *conn = window->conns.oldest; conn; conn = conn->newer)
		free(conn->flow.names);
	conn_table_clear(&window->conns);
	node_names_clear(&window->nodes);
	clocks_clear(&window->clocks);
	free(window);
}

uint64_t flow_window_steady(struct flow_window *window, const char *node, uint64_t unix_ns)
{
	return clocks_steady(&window->clocks, node_names_get(&window->nodes, node), unix_ns);
}

/* Returns the start of the window by the clock of the node with this number. */
static uint64_t flow_window_start_of(const struct flow_window *window, uint32_t node)
{
	const struct state_window *limits = &window->limits;

	return limits->since_steady_ns
		       ? clocks_wall_now(&window->clocks, node, limits->since_steady_ns)
		       : limits->since_ns;
}

uint64_t flow_window_start(struct flow_window *window, const char *node)
{
	return flow_window_start_of(window, node_names_get(&window->nodes, node));
}

enum flow_window_place flow_window_place(struct flow_window *window, const char *node,
					 uint64_t unix_ns)
{
	const struct state_window *limits = &window->limits;
	uint64_t steady_ns = unix_ns;

	if (limits->since_steady_ns || limits->until_steady_ns)
		steady_ns = flow_window_steady(window, node, unix_ns);
	if (limits->since_steady_ns ? steady_ns < limits->since_steady_ns
				    : unix_ns < limits->since_ns)
		return FLOW_WINDOW_BEFORE;
	if (!limits->has_until)
		return FLOW_WINDOW_INSIDE;
	return (limits->until_steady_ns ? steady_ns >= limits->until_steady_ns
					: unix_ns >= limits->until_ns)
		       ? FLOW_WINDOW_AFTER
		       : FLOW_WINDOW_INSIDE;
}

/* Adds the texts of a flow to those that are known. Later texts replace earlier ones. Returns 0 or
 * -ENOMEM. */
static int flow_window_merge_names(struct flow *known, const struct flow *flow)
{
	const struct flow_names *fresh = flow->names;
	const char *texts[NAME_COUNT] = {0};
	const char *fresh_texts[NAME_COUNT];
	struct flow_names merged;
	struct flow_names *copy = NULL;
	bool differs = false;

	/* The DNS name of a failed look-up is the name in the question, not that of the peer. */
	if (!fresh || flow->event == FLOW_LOOKUP_FAILED || flow->event == FLOW_UNANSWERED)
		return 0;
	if (known->names)
		memcpy(texts, known->names, sizeof(texts));
	memcpy(fresh_texts, fresh, sizeof(fresh_texts));
	for (size_t i = 0; i < NAME_COUNT; i++) {
		if (!fresh_texts[i] || (texts[i] && strcmp(texts[i], fresh_texts[i]) == 0))
			continue;
		texts[i] = fresh_texts[i];
		differs = true;
	}
	if (!differs)
		return 0;
	memcpy(&merged, texts, sizeof(merged));
	if (flow_names_copy(&merged, &copy))
		return -ENOMEM;
	free(known->names);
	known->names = copy;
	return 0;
}

/* Returns whether a connection, or an attempt, is open at the end of the flows so far. */
static bool flow_window_is_open(const struct conn *conn)
{
	return conn->phase == CONN_ATTEMPT || conn->phase == CONN_ESTABLISHED;
}

static bool flow_window_must_return(const struct conn *conn)
{
	return flow_window_is_open(conn) && conn->generation == 0;
}

static void flow_window_remove(struct flow_window *window, struct conn *conn)
{
	if (flow_window_must_return(conn))
		window->to_return--;
	if (window->next == conn)
		window->next = conn->newer;
	free(conn->flow.names);
	conn_table_remove(&window->conns, conn);
}

static struct conn *flow_window_get(struct flow_window *window, const struct conn_key *key)
{
	struct conn *conn = conn_table_find(&window->conns, key);

	if (conn)
		return conn;
	while (conn_table_is_full(&window->conns)) {
		conn = conn_table_victim(&window->conns);
		window->dropped += flow_window_must_return(conn);
		flow_window_remove(window, conn);
	}
	return conn_table_add(&window->conns, key);
}

/* Adds the connection to the list of ended ones if it is not open, else removes it from that
 * list. */
static void flow_window_list(struct flow_window *window, struct conn *conn)
{
	if (flow_window_is_open(conn))
		conn_table_unlist(&window->conns, conn);
	else if (conn->list != CONN_LIST_ENDED)
		conn_table_end(&window->conns, conn);
}

bool flow_window_add(struct flow_window *window, const struct flow *flow)
{
	uint32_t node = node_names_get(&window->nodes, flow->names ? flow->names->node : NULL);
	const struct conn_key key = conn_key_of(flow, node, window->flows++);
	struct conn *conn = flow_window_get(window, &key);
	struct flow steady = *flow;

	if (!conn) {
		window->dropped++;
		return false;
	}
	bool was_open = conn->flow_count > 0 && flow_window_is_open(conn);
	if (conn->flow_count > 0 && flow_window_must_return(conn))
		window->to_return--;
	steady.ts_ns = clocks_steady(&window->clocks, node, flow->ts_ns);
	fold_flow(conn, &steady);
	conn->flow.unresolved = flow->unresolved;
	window->dropped += flow_window_merge_names(&conn->flow, flow) != 0;
	flow_window_list(window, conn);
	if (flow_window_must_return(conn))
		window->to_return++;
	return conn->generation == 1 && was_open && !flow_window_is_open(conn);
}

void flow_window_set_clock(struct flow_window *window, const struct clock_record *step)
{
	window->dropped +=
		clocks_add(&window->clocks, node_names_get(&window->nodes, step->node), step) != 0;
}

void flow_window_forget_node(struct flow_window *window, const char *node)
{
	uint32_t number = node_names_get(&window->nodes, node);
	struct conn *conn = window->conns.oldest;

	while (conn) {
		struct conn *newer = conn->newer;
		if (conn->node == number && flow_window_is_open(conn))
			flow_window_remove(window, conn);
		conn = newer;
	}
}

/* Returns the oldest connection that must be returned. Searches backwards from the newest one:
 * after the first search, only connections that arrived late must still be returned. */
static struct conn *flow_window_find_first(const struct flow_window *window)
{
	struct conn *first = NULL;
	size_t left = window->to_return;

	for (struct conn *conn = window->conns.newest; conn && left > 0; conn = conn->older) {
		if (!flow_window_must_return(conn))
			continue;
		first = conn;
		left--;
	}
	return first;
}

/* Makes the flow of an open connection at the start of the window. Returns 0 or -ENOMEM. */
static int flow_window_describe(const struct flow_window *window, const struct conn *conn,
				struct record *out)
{
	uint64_t start_ns = flow_window_start_of(window, conn->node);
	uint64_t since_ns = clocks_steady(&window->clocks, conn->node, start_ns);
	struct record record = {.kind = RECORD_FLOW, .flow = conn->flow};
	struct flow *flow = &record.flow;

	flow->names = NULL;
	if (conn->flow.names && flow_names_copy(conn->flow.names, &flow->names))
		return -ENOMEM;
	flow->ts_ns = start_ns;
	flow->event = FLOW_OPEN;
	flow->has &= ~(uint32_t)(FLOW_HAS_DURATION | FLOW_HAS_INTERVAL);
	if (conn->phase == CONN_ATTEMPT) {
		flow->state = FLOW_STATE_SYN_SENT;
	} else if (conn->established_ns && conn->established_ns <= since_ns) {
		flow->duration_ms = (since_ns - conn->established_ns) / NS_PER_MILLISECOND;
		flow->has |= FLOW_HAS_DURATION;
	}
	*out = record;
	return 0;
}

bool flow_window_next_open(struct flow_window *window, struct record *out)
{
	if (window->to_return > 0 && !window->next)
		window->next = flow_window_find_first(window);
	while (window->to_return > 0 && window->next) {
		struct conn *conn = window->next;

		window->next = conn->newer;
		if (!flow_window_must_return(conn))
			continue;
		conn->generation = 1;
		if (--window->to_return == 0)
			window->next = NULL;
		if (flow_window_describe(window, conn, out) == 0)
			return true;
		window->dropped++;
	}
	window->next = NULL;
	return false;
}

uint64_t flow_window_report_dropped(struct flow_window *window)
{
	uint64_t dropped = window->dropped;

	window->dropped = 0;
	return dropped;
}

/* Writes a time without the zeros at the end of its fraction. */
static void flow_window_format_time(uint64_t unix_ns, char text[TIMESTAMP_TEXT_SIZE])
{
	size_t length = timestamp_format(unix_ns, text) - 1;

	while (text[length - 1] == '0' || text[length - 1] == '.') {
		bool is_end = text[length - 1] == '.';
		length--;
		if (is_end)
			break;
	}
	text[length] = 'Z';
	text[length + 1] = '\0';
}

void flow_window_format(const struct state_window *limits, char text[FLOW_WINDOW_TEXT_SIZE])
{
	char since[TIMESTAMP_TEXT_SIZE];
	char until[TIMESTAMP_TEXT_SIZE];

	flow_window_format_time(limits->since_ns, since);
	flow_window_format_time(limits->until_ns, until);
	snprintf(text, FLOW_WINDOW_TEXT_SIZE, "%s%s%s%s%s", limits->since_ns ? "from " : "",
		 limits->since_ns ? since : "", limits->since_ns && limits->has_until ? " " : "",
		 limits->has_until ? "until " : "", limits->has_until ? until : "");
}
