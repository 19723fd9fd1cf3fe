/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters select the connections that a command prints, a pane shows or a draft is made from.
 *
 * A filter is a list of terms; a connection passes if it passes all of them. Terms come from the
 * command line's options (filter_add) and from the text of `/` in the dashboard and of --filter
 * (filter_parse). A text is words separated by spaces:
 *
 * - word: one of the texts in the connection's row contains it (case is ignored);
 * - field:word: that field contains it: node ns pod container comm peer addr dns state error dir
 *   proto;
 * - field:number, or a range as in 8000-8999: that field equals it or is in it: pid uid port sport
 *   dport;
 * - !term: the connection does not pass the term;
 * - "two words": quotes keep spaces.
 *
 * Pure: no I/O, no clock. One thread builds and reads a filter. Unless stated otherwise, a NULL
 * filter is an empty one.
 */
#ifndef POLECAT_CORE_FILTER_FILTER_H
#define POLECAT_CORE_FILTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/filter/filter_input.h"

struct filter;

enum filter_option {
	FILTER_NAMESPACE = 1, /* exact; a comma-separated list is any of them */
	FILTER_POD,           /* exact name, or namespace/name; a list as above */
	FILTER_SELECTOR,      /* a label selector, see selector.h */
	FILTER_CONTAINER,     /* exact name, or an id's prefix of at least 6 characters */
	FILTER_NODE,
	FILTER_COMM,
	FILTER_PID,
	FILTER_PORT,        /* the server's port; a number or a range */
	FILTER_DIRECTION,   /* egress, ingress; case is ignored, here and for the protocol */
	FILTER_PROTOCOL,    /* tcp, udp, sctp */
	FILTER_FAILED,      /* value ignored: failed attempts only */
	FILTER_IN_WORKLOAD, /* value ignored: only connections of pods and containers */
};

/* Where and why a value or a text was refused. */
struct filter_error {
	size_t column; /* 1-based, in bytes */
	char message[160];
};

/* Makes an empty filter. Returns 0 or -ENOMEM. Free with filter_free. */
int filter_new(struct filter **out);
void filter_free(struct filter *filter);

/* Adds one option's term. Returns 0, -ENOMEM, or -EINVAL with *error filled in (error may be NULL).
 * The filter must not be NULL. */
int filter_add(struct filter *filter, enum filter_option option, const char *value,
	       struct filter_error *error);

/* Adds all terms of a text; an empty text has none. Errors as in filter_add. On failure
 * nothing is added. */
int filter_parse(struct filter *filter, const char *text, struct filter_error *error);

/* Returns whether the filter has no terms. */
bool filter_is_empty(const struct filter *filter);

/* Returns whether a term has the trait. */
bool filter_has(const struct filter *filter, enum filter_trait trait);

/* Returns whether the input passes every term. */
bool filter_match(const struct filter *filter, const struct filter_input *input);

/* Returns whether a term with FILTER_TESTS_WORKLOAD rejects the input, and so its whole workload. */
bool filter_rejects_workload(const struct filter *filter, const struct filter_input *input);

#endif
