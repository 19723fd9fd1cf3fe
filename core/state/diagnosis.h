/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects facts about an edge that fails or hangs: how often the subject and others reached the
 * peer, the peer's other ports that the subject reaches, and the connections that the peer's pod
 * accepted. Every fact is a count of connections, with the time of the latest one. Guesses nothing.
 * Pure; reads the state only.
 */
#ifndef POLECAT_CORE_STATE_DIAGNOSIS_H
#define POLECAT_CORE_STATE_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/state/identity/dns_names.h"
#include "core/state/state.h"

/* In the order in which a page shows them. */
enum diagnosis_kind {
	DIAGNOSIS_OWN = 1,    /* the subject's connections to the peer and port */
	DIAGNOSIS_OTHER,      /* those of another subject to the same peer and port */
	DIAGNOSIS_OTHERS,     /* those of all other subjects that are not listed, summed up */
	DIAGNOSIS_OTHER_PORT, /* those of the subject to another port or protocol of the peer */
	DIAGNOSIS_ACCEPTED,   /* those that the peer's pod accepted on the port */
};

/* The maximum numbers of facts about other subjects, and about other ports. */
#define DIAGNOSIS_OTHERS_MAX 4
#define DIAGNOSIS_PORTS_MAX  3
#define DIAGNOSIS_FACTS_MAX  (DIAGNOSIS_OTHERS_MAX + DIAGNOSIS_PORTS_MAX + 3)

struct diagnosis_fact {
	uint8_t kind;                  /* enum diagnosis_kind */
	uint16_t port;                 /* the server's port */
	uint32_t node;                 /* number of the node, for the scale of last_ns */
	const struct edge *edge;       /* NULL for OTHERS and ACCEPTED */
	const struct subject *subject; /* ACCEPTED: the peer's pod; OTHERS: NULL */
	size_t subjects;               /* OTHERS: the number of subjects */
	uint64_t connections;
	uint64_t succeeded;
	uint64_t failed;
	uint64_t hanging; /* now, see conn_hangs */
	uint64_t last_ns; /* steady time of the latest flow; 0: none */
};

struct diagnosis {
	struct diagnosis_fact facts[DIAGNOSIS_FACTS_MAX];
	size_t count;
	/* The subject's connections to the peer and port fail or hang, and none has succeeded.
	 * only_this_subject: another subject's connection has succeeded. everyone: the connections
	 * of all other subjects fail or hang, too. */
	bool only_this_subject;
	bool everyone;
	bool is_answered; /* `answer` is known */
	struct dns_answer answer;
};

/*
 * Collects the facts about an edge, which is not an overflow edge. Of the other subjects, those
 * with the most connections are listed. The peer's pod is looked for only if the subject opened the
 * connections, and only among the subjects of the state: a count of 0 then means that the pod's
 * connections are watched, and that it accepted none. conn: a connection of the edge, which may
 * have a backend behind a Service and a DNS name; NULL: none.
 */
void diagnosis_collect(const struct state *state, const struct edge *edge, const struct conn *conn,
		       struct diagnosis *out);

/* Returns the subject of the peer's pod that diagnosis_collect found, or NULL. */
const struct subject *diagnosis_far_subject(const struct diagnosis *diagnosis);

#endif
