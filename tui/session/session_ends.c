/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends connections whose own end was lost: those that a listing of open connections does not
 * contain, and those of a node whose polecat has started again. Each gets a FLOW_CLOSED with
 * FLOW_END_UNSEEN, so that handlers and recordings see it, too.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "tui/session/session_internal.h"

/* The time in which a polecat that was started again lists the open connections. */
#define RESUME_NS (5 * NS_PER_SECOND)

/* Ends a connection at a steady time, but not before its latest flow. */
static void session_end_unseen(struct session *session, const struct conn *conn, uint64_t end_ns)
{
	struct record record = {.kind = RECORD_FLOW, .flow = conn->flow};
	struct flow *flow = &record.flow;
	const struct flow_names names = {.node = state_conn_node(session->state, conn)};

	flow->names = NULL;
	if (conn->node != 0 && flow_names_copy(&names, &flow->names))
		return;
	if (end_ns < conn->last_ns)
		end_ns = conn->last_ns;
	/* The state converts the times of new flows by the present clock. */
	flow->ts_ns = clocks_wall_now(state_clocks(session->state), conn->node, end_ns);
	flow->event = FLOW_CLOSED;
	flow->state = FLOW_STATE_CLOSE;
	flow->end = FLOW_END_UNSEEN;
	flow->fin_by = 0;
	flow->error = 0;
	flow->has &= ~(uint32_t)FLOW_HAS_DURATION;
	session_handle_flow(session, &record);
	record_free(&record);
}

void session_end_unlisted(struct session *session)
{
	uint64_t now_ns = session_now(session);
	const struct conn *conn = state_next_unlisted(session->state, NULL);

	while (conn && !session->stopped) {
		const struct conn *next = state_next_unlisted(session->state, conn);
		session_end_unseen(session, conn, now_ns);
		conn = next;
	}
}

/* Returns whether another source has also sent a hello of the node. If so, the connections of the
 * two sources cannot be told apart. */
static bool session_shares_node(const struct session *session, const struct session_source *source,
				const char *node)
{
	for (size_t i = 0; i < session->source_count; i++) {
		const struct session_source *other = &session->sources[i];
		for (size_t k = 0; other != source && k < other->lives.count; k++)
			if (strcmp(other->lives.items[k].node, node) == 0)
				return true;
	}
	return false;
}

/* Returns the element of source->lives for a node. Adds one with started_ns 0 if the node is new.
 * Returns NULL if out of memory. */
static struct session_node_start *session_find_life(struct session_source *source, const char *node)
{
	struct session_node_starts *lives = &source->lives;

	for (size_t i = 0; i < lives->count; i++)
		if (strcmp(lives->items[i].node, node) == 0)
			return &lives->items[i];
	if (ARRAY_RESERVE(lives->items, lives->capacity, lives->count + 1))
		return NULL;
	struct session_node_start *life = &lives->items[lives->count];
	*life = (struct session_node_start){0};
	if (text_copy(node, &life->node))
		return NULL;
	lives->count++;
	return life;
}

/* Ends the connections of a node that the polecat that was started again has not reported. */
static void session_end_resume(struct session *session, struct session_node_start *life)
{
	const struct conn *conn = state_next_missed(session->state, life->node, NULL);

	while (conn && !session->stopped) {
		const struct conn *next = state_next_missed(session->state, life->node, conn);
		session_end_unseen(
			session, conn,
			clocks_steady(state_clocks(session->state), conn->node, life->started_ns));
		conn = next;
	}
	state_end_resume(session->state, life->node);
	life->resumes = false;
	session->resuming--;
}

void session_saw_hello(struct session *session, struct session_source *source,
		       const struct hello_record *hello)
{
	struct session_node_start *life =
		hello->node ? session_find_life(source, hello->node) : NULL;

	if (!life || life->started_ns == hello->started_ns)
		return;
	bool again = life->started_ns != 0;
	if (life->resumes)
		session_end_resume(session, life);
	life->started_ns = hello->started_ns;
	if (!again || session_shares_node(session, source, hello->node))
		return;
	if (session->window)
		flow_window_forget_node(session->window, hello->node);
	edge_window_forget_node(&session->edge_window, hello->node);
	if (state_begin_resume(session->state, hello->node))
		return;
	life->resumes = true;
	life->silent_until_ns = session->arrival_ns + RESUME_NS;
	session->resuming++;
}

void session_end_resumes(struct session *session, struct session_source *source,
			 const struct flow *flow)
{
	const char *node = flow->names ? flow->names->node : NULL;

	for (size_t i = 0; node && i < source->lives.count; i++) {
		struct session_node_start *life = &source->lives.items[i];
		if (life->resumes && flow->ts_ns >= life->started_ns &&
		    flow->ts_ns - life->started_ns >= RESUME_NS && strcmp(life->node, node) == 0)
			session_end_resume(session, life);
	}
}

void session_end_due_resumes(struct session *session, bool all)
{
	for (size_t i = 0; i < session->source_count && session->resuming > 0; i++) {
		struct session_source *source = &session->sources[i];
		for (size_t k = 0; k < source->lives.count; k++) {
			struct session_node_start *life = &source->lives.items[k];
			if (life->resumes &&
			    (all ||
			     (!session->replay && session->arrival_ns >= life->silent_until_ns)))
				session_end_resume(session, life);
		}
	}
}

void session_free_lives(struct session_source *source)
{
	for (size_t i = 0; i < source->lives.count; i++)
		free(source->lives.items[i].node);
	free(source->lives.items);
	source->lives = (struct session_node_starts){0};
}
