/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words for the states of connections and for the reasons of failures. The printers, the
 * dashboard, filters and drafts all use them. Static storage. Pure.
 */
#ifndef POLECAT_CORE_STATE_CONN_WORDS_H
#define POLECAT_CORE_STATE_CONN_WORDS_H

#include <stdbool.h>

#include "core/state/conn.h"

/*
 * Returns the word for a failed attempt: "refused", "timed out", "no route", "unreachable",
 * "reset", "denied", "no port", "aborted" or "failed". error is an errno value, or 0 if the process
 * closed the socket before an answer arrived.
 */
const char *conn_failure_word(int error);

/* Returns the word for the latest event: "attempt", "established", "accepted", "open" (existed
 * before polecat started), "datagram", "unanswered", "closed", or the word for the failure. */
const char *conn_event_word(const struct conn *conn);

/*
 * Returns the word for the present state: "connecting", "hanging" (conn_hangs), "dropped" (hanging,
 * and a packet was dropped), "established", "close-wait", "half-closed", "closing", "datagram",
 * "unanswered", "DNS failed", "closed", or the word for the failure. A connection that did not end
 * with a FIN is "reset", "peer reset", "timed out" or "killed" instead of "closed".
 */
const char *conn_state_word(const struct conn *conn);

/* Returns a number, not 0, that two connections share if, and only if, they have the same phase,
 * the same conn_state_word, and the same answer of conn_is_second_end. */
uint8_t conn_outcome(const struct conn *conn);

/* Returns a text about the name service that a flow uses: multicast DNS or DNS over TLS, which have
 * their own ports. Returns NULL for other flows: DNS over HTTPS looks like every other connection
 * to port 443. */
const char *conn_name_service(const struct conn *conn);

/* Returns whether a DNS query of the flow had no answer, or a look-up failed. */
bool conn_lookup_failed(const struct conn *conn);

/* Returns whether the connection is open, but one end has closed its direction. The last sample of
 * the TCP state decides. conn->state_ns is the time when the connection entered that state. */
bool conn_is_half_open(const struct conn *conn);

/* Returns the words that a filter for states ("state:reset") can match for a connection: those of
 * conn_state_terms, or more specific ones if the connection is connecting, half-open, dropped or
 * reset. */
const char *conn_terms(const struct conn *conn);

/* Returns the words that a filter for states can match: those of conn_event_word and
 * conn_state_word, "failed" for each failure, and usual synonyms. error is an errno value, which is
 * used only for CONN_FAILED. CONN_ATTEMPT stands for an attempt that hangs. */
const char *conn_state_terms(enum conn_phase phase, enum flow_event_type event, int error);

/* Returns the words that a filter for states can match for an attempt that does not hang. */
const char *conn_connecting_terms(void);

#endif
