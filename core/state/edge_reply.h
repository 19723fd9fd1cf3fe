/* SPDX-License-Identifier: Apache-2.0 */
/* Detects answers over UDP that a source reports as requests. Pure. */
#ifndef POLECAT_CORE_STATE_EDGE_REPLY_H
#define POLECAT_CORE_STATE_EDGE_REPLY_H

#include <stdbool.h>

#include "core/state/state.h"

/*
 * UDP has no handshake, so a source may report answers as requests. Returns whether the flows of
 * the edge are answers: datagrams to a client port of a peer that sends requests to this subject.
 * If the peer also sends datagrams to a port of this subject with the same number as that client
 * port, the edge's flows count as requests, because some protocols use one port number at both
 * ends. A policy needs no rule for answers.
 */
bool edge_is_reply(const struct state *state, const struct edge *edge);

#endif
