/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/conn_words.h"

#include <errno.h>
#include <stddef.h>

#include "core/base/array.h"

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

/*
 * The words for the phases. For CONN_FAILED, conn_state_word uses the word for the error instead.
 */
static const char *const state_words[] = {
	[CONN_ATTEMPT] = "hanging", [CONN_ESTABLISHED] = "established", [CONN_FAILED] = "failed",
	[CONN_CLOSED] = "closed",   [CONN_DATAGRAM] = "datagram",
};

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
	if (conn->phase == CONN_ESTABLISHED && conn->flow.event == FLOW_OPEN)
		return "open";
	return conn_state_word(conn);
}

const char *conn_state_word(const struct conn *conn)
{
	return conn->phase == CONN_FAILED ? conn_failure_word(conn->flow.error)
					  : state_words[conn->phase];
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
	return state_words[phase];
}
