/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters: which connections a command prints, a pane shows, a draft stands on.
 *
 * A filter is a conjunction of terms. Two ways lead to one: the command line's options (filter_add)
 * and the text of the dashboard's `/` and of --filter (filter_parse), which is words separated by
 * spaces, each of them:
 *
 * - word: stands in any of the texts that a connection's row shows (case is ignored);
 * - field:word: stands in that field: node ns pod container comm peer addr dns uid state error dir
 *   proto;
 * - field:number: equals it: pid port sport dport; numbers may be a range, 8000-8999;
 * - !term: not that;
 * - "two words": quotes keep spaces.
 *
 * Pure: no I/O, no clock. A filter is built and read by one thread.
 */
#ifndef POLECAT_CORE_FILTER_FILTER_H
#define POLECAT_CORE_FILTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/record.h"

struct filter;

/* What a filter looks at. Strings may be NULL (unknown); labels may be NULL. Nothing is kept after
 * the call. */
struct filter_input {
	const struct flow *flow;
	const char *node;
	const char *namespace_name;
	const char *pod;
	const char *container;
	const char *container_id;
	const struct labels *labels;
	const char *peer; /* the peer's name as shown, without the address */
	const char *dns;
	const char *state; /* as shown: "established", "hanging", "refused" … */
};

enum filter_option {
	FILTER_NAMESPACE = 1, /* exact; a comma-separated list is any of them */
	FILTER_POD,           /* exact name */
	FILTER_SELECTOR,      /* key=value[,key!=value…], `in`, `notin`, exists */
	FILTER_CONTAINER,     /* exact name, or an id's prefix of at least 6 characters */
	FILTER_NODE,
	FILTER_COMM,
	FILTER_PID,
	FILTER_PORT,        /* the server's port; number or range */
	FILTER_DIRECTION,   /* egress, ingress */
	FILTER_PROTOCOL,    /* tcp, udp, sctp; case is ignored */
	FILTER_FAILED,      /* value ignored: failed attempts only */
	FILTER_IN_WORKLOAD, /* value ignored: only what is in a pod or container (the opposite of
			       --host) */
};

/* Where and why a filter text was refused. */
struct filter_error {
	size_t column; /* 1-based, in bytes */
	char message[160];
};

int filter_new(struct filter **out);
void filter_free(struct filter *filter);

/* Adds one option. 0, -ENOMEM, or -EINVAL with *error filled in (error may be NULL). */
int filter_add(struct filter *filter, enum filter_option option, const char *value,
	       struct filter_error *error);

/* Adds all terms of a text. Empty text adds nothing. Errors as filter_add; nothing is added then.
 */
int filter_parse(struct filter *filter, const char *text, struct filter_error *error);

/* True when the filter has no terms. NULL is empty. */
bool filter_is_empty(const struct filter *filter);

/* True when names of pods and containers, or labels, can decide: what has none yet may pass later.
 */
bool filter_needs_names(const struct filter *filter);
/* The same for the names of containers alone. */
bool filter_needs_container(const struct filter *filter);

/* True when the input passes every term. A NULL filter lets everything pass. */
bool filter_match(const struct filter *filter, const struct filter_input *input);

/*
 * True where a term about the namespace, the pod or the container keeps the input out: whatever
 * else comes from there will be kept out as well. Labels do not count: they may change.
 */
bool filter_rejects_workload(const struct filter *filter, const struct filter_input *input);

/* Whether there is such a term at all. */
bool filter_speaks_of_workloads(const struct filter *filter);

#endif
