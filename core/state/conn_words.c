/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/conn_words.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "core/base/array.h"
#include "core/record/record_names.h"
#include "core/state/fold.h"

struct failure {
	int error;
	const char *word;
	const char *terms;
};

#define FAILURE(error, word, synonyms)                   \
	{                                                \
		error, word, "failed " word " " synonyms \
	}

/* The words follow strerror(3): "No route to host", "Network is unreachable" ... */
static const struct failure failures[] = {
	FAILURE(0, "aborted", "gave up"),
	FAILURE(ECONNREFUSED, "refused", ""),
	FAILURE(ETIMEDOUT, "timed out", "timeout"),
	FAILURE(EHOSTUNREACH, "no route", "unreachable"),
	FAILURE(EHOSTDOWN, "no route", "unreachable"),
	FAILURE(ENETUNREACH, "unreachable", "no network"),
	FAILURE(ENETDOWN, "unreachable", "no network"),
	FAILURE(ECONNRESET, "reset", ""),
	FAILURE(EACCES, "denied", ""),
	FAILURE(EPERM, "denied", ""),
	FAILURE(EADDRNOTAVAIL, "no port", ""),
	FAILURE(EADDRINUSE, "no port", ""),
	FAILURE(ECONNABORTED, "aborted", ""),
	FAILURE(ECANCELED, "aborted", ""),
	FAILURE(EINTR, "aborted", ""),
};

static const struct failure *conn_words_find(int error)
{
	static const struct failure other = {0, "failed", "failed"};

	for (size_t i = 0; i < ARRAY_LENGTH(failures); i++)
		if (failures[i].error == error)
			return &failures[i];
	return &other;
}

/* Numbers of the words, for conn_outcome. */
enum word {
	WORD_OF_PHASE = 0,
	WORD_CONNECTING,
	WORD_DROPPED,
	WORD_HALF_CLOSED,
	WORD_CLOSE_WAIT,
	WORD_CLOSING,
	WORD_SUBFLOW,
	WORD_LOST,
	WORD_UNANSWERED,
	WORD_LOOKUP_FAILED,
	WORD_RESET,
	WORD_PEER_RESET,
	WORD_TIMED_OUT,
	WORD_KILLED,
	WORD_UNSEEN,
	WORD_AGGREGATED,
};

struct condition {
	const char *word;
	const char *terms;
	uint8_t number; /* enum word */
};

/* Words for the ends of closed connections, by enum flow_end. */
static const struct condition ends[] = {
	{"closed", "closed", WORD_OF_PHASE},
	[FLOW_END_FIN] = {"closed", "closed fin", WORD_OF_PHASE},
	[FLOW_END_RESET] = {"reset", "closed reset", WORD_RESET},
	[FLOW_END_RESET_BY_PEER] = {"peer reset", "closed peer reset by peer", WORD_PEER_RESET},
	[FLOW_END_TIMEOUT] = {"timed out", "closed timed out timeout", WORD_TIMED_OUT},
	[FLOW_END_KILLED] = {"killed", "closed killed", WORD_KILLED},
	[FLOW_END_UNSEEN] = {"end not seen", "closed end not seen lost", WORD_UNSEEN},
};

/* Words for open connections that are no longer open in both directions, by enum flow_tcp_state. */
static const struct condition half_open[FLOW_STATE_COUNT] = {
	[FLOW_STATE_FIN_WAIT1] = {"half-closed", "established half-closed", WORD_HALF_CLOSED},
	[FLOW_STATE_FIN_WAIT2] = {"half-closed", "established half-closed", WORD_HALF_CLOSED},
	[FLOW_STATE_CLOSE_WAIT] = {"close-wait", "established close-wait half-closed",
				   WORD_CLOSE_WAIT},
	[FLOW_STATE_CLOSING] = {"closing", "established closing", WORD_CLOSING},
	[FLOW_STATE_LAST_ACK] = {"closing", "established closing", WORD_CLOSING},
};

static const struct condition subflow = {"subflow", "established subflow", WORD_SUBFLOW};
static const struct condition connecting = {"connecting", "attempt connecting", WORD_CONNECTING};
static const struct condition dropped = {"dropped", "attempt hanging dropped", WORD_DROPPED};

/* The connections of an interval that have ended, in different ways or at different times. */
static const struct condition aggregated = {"aggregated", "aggregated closed", WORD_AGGREGATED};

static const struct condition unaccounted = {"lost", "datagram lost", WORD_LOST};
static const struct condition unanswered = {"unanswered", "datagram unanswered failed dns",
					    WORD_UNANSWERED};
static const struct condition lookup_failed = {"DNS failed", "datagram lookup failed dns",
					       WORD_LOOKUP_FAILED};

static const struct condition unanswered_tcp = {"unanswered", "unanswered failed dns",
						WORD_UNANSWERED};
static const struct condition lookup_failed_tcp = {"DNS failed", "lookup failed dns",
						   WORD_LOOKUP_FAILED};

/* Returns the words for a flow of DNS queries that had no answer or failed, else NULL. */
static const struct condition *conn_words_lookup(const struct conn *conn)
{
	if (!conn_lookup_failed(conn))
		return NULL;
	bool is_tcp = conn->flow.protocol == FLOW_TCP;
	if (conn->seen & FOLD_SEEN_UNANSWERED)
		return is_tcp ? &unanswered_tcp : &unanswered;
	return is_tcp ? &lookup_failed_tcp : &lookup_failed;
}

/* Returns the words for a condition that is more exact than the phase, or NULL. */
static const struct condition *conn_words_condition(const struct conn *conn)
{
	const struct flow *flow = &conn->flow;

	switch ((enum conn_phase)conn->phase) {
	case CONN_ATTEMPT:
		if (!conn_hangs(conn))
			return &connecting;
		return flow->has & FLOW_HAS_DROPS ? &dropped : NULL;
	case CONN_CLOSED:
		if (conn->sums)
			return &aggregated;
		if (conn_lookup_failed(conn))
			return conn_words_lookup(conn);
		return flow->end < ARRAY_LENGTH(ends) ? &ends[flow->end] : NULL;
	case CONN_ESTABLISHED:
		if (conn_lookup_failed(conn))
			return conn_words_lookup(conn);
		if (conn_is_half_open(conn))
			return &half_open[flow->state];
		return conn_is_subflow(conn) ? &subflow : NULL;
	case CONN_DATAGRAM:
		return flow->unaccounted ? &unaccounted : conn_words_lookup(conn);
	case CONN_FAILED:
		break;
	}
	return NULL;
}

bool conn_lookup_failed(const struct conn *conn)
{
	return (conn->seen & (FOLD_SEEN_UNANSWERED | FOLD_SEEN_LOOKUP_FAILED)) != 0;
}

bool conn_is_half_open(const struct conn *conn)
{
	return conn->phase == CONN_ESTABLISHED && conn->flow.state < FLOW_STATE_COUNT &&
	       half_open[conn->flow.state].word;
}

/*
 * The words for the phases. For CONN_FAILED, conn_state_word uses the word for the error instead.
 */
static const char *const state_words[] = {
	[CONN_ATTEMPT] = "hanging", [CONN_ESTABLISHED] = "established", [CONN_FAILED] = "failed",
	[CONN_CLOSED] = "closed",   [CONN_DATAGRAM] = "datagram",
};

const char *conn_name_service(const struct conn *conn)
{
	/* RFC 6762, 3 */
	static const struct flow_address groups[] = {
		{{224, 0, 0, 251}},
		{{0xff, 0x02, [15] = 0xfb}},
	};
	const struct flow *flow = &conn->flow;
	bool v6 = flow->family == 6;

	if (flow->protocol == FLOW_UDP && flow->dport == 5353 && flow->has & FLOW_HAS_DST &&
	    memcmp(&flow->dst, &groups[v6], sizeof(flow->dst)) == 0)
		return "mDNS (multicast DNS); its messages are not read";
	/* RFC 7858, 3.1 */
	if (flow->protocol == FLOW_TCP && flow->dport == 853)
		return "the port of DNS over TLS (DoT); encrypted messages are not read";
	return NULL;
}

const char *conn_failure_word(int error)
{
	return conn_words_find(error)->word;
}

const char *conn_event_word(const struct conn *conn)
{
	if (conn->phase == CONN_ATTEMPT)
		return "attempt";
	if (conn->phase == CONN_ESTABLISHED && conn->flow.event == FLOW_ACCEPTED)
		return "accepted";
	if (conn->phase == CONN_ESTABLISHED && conn->flow.event == FLOW_OPEN &&
	    !conn_is_half_open(conn))
		return "open";
	return conn_state_word(conn);
}

const char *conn_state_word(const struct conn *conn)
{
	const struct condition *condition = conn_words_condition(conn);

	if (condition)
		return condition->word;
	if (conn->phase == CONN_FAILED)
		return conn_failure_word(conn->flow.error);
	return state_words[conn->phase];
}

/* Returns the place of the first failure with the same word. */
static unsigned int conn_words_failure(int error)
{
	const char *word = conn_words_find(error)->word;
	unsigned int i = 0;

	while (i < ARRAY_LENGTH(failures) && strcmp(failures[i].word, word) != 0)
		i++;
	return i;
}

/* A bit of conn_outcome. */
#define SECOND_END 0x80u

_Static_assert(WORD_AGGREGATED << 3 < SECOND_END, "the words need another bit of conn_outcome");

uint8_t conn_outcome(const struct conn *conn)
{
	const struct condition *condition = conn_words_condition(conn);
	unsigned int word = condition                    ? condition->number
			    : conn->phase == CONN_FAILED ? conn_words_failure(conn->flow.error)
							 : (unsigned int)WORD_OF_PHASE;

	return (uint8_t)((conn_is_second_end(conn) ? SECOND_END : 0) | word << 3 | conn->phase);
}

const char *conn_terms(const struct conn *conn)
{
	const struct condition *condition = conn_words_condition(conn);

	return condition ? condition->terms
			 : conn_state_terms((enum conn_phase)conn->phase, conn->flow.event,
					    conn->flow.error);
}

const char *conn_connecting_terms(void)
{
	return connecting.terms;
}

const char *conn_state_terms(enum conn_phase phase, enum flow_event_type event, int error)
{
	if (phase == CONN_ATTEMPT)
		return "attempt hanging";
	if (phase == CONN_FAILED)
		return conn_words_find(error)->terms;
	if (phase == CONN_ESTABLISHED && event == FLOW_ACCEPTED)
		return "accepted established";
	if (phase == CONN_ESTABLISHED && event == FLOW_OPEN)
		return "open established";
	if (event == FLOW_UNANSWERED)
		return record_word(&flow_event_words, FLOW_UNANSWERED);
	return state_words[phase];
}
