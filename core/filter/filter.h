/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters select the connections that a command prints, a pane shows or a draft is made from.
 *
 * A filter is a list of terms; a connection passes if it passes all of them. Terms come from the
 * command line's options (filter_add) and from the text of `/` in the dashboard and of --filter
 * (filter_parse). A text is words separated by spaces:
 *
 * - word: one of the texts in the connection's row contains the word, ignoring case;
 * - field:word: the field contains the word. The fields are node ns pod container comm peer addr
 *   dns state error dir proto;
 * - field:number, field:8000-8999: the field equals the number, or is in the range. The fields are
 *   pid uid port sport dport;
 * - !term: the connection does not pass the term;
 * - "two words": within quotes, a space is part of the word.
 *
 * Pure: no I/O, no clock. Not thread-safe. Unless stated otherwise, a NULL filter counts as empty.
 */
#ifndef POLECAT_CORE_FILTER_FILTER_H
#define POLECAT_CORE_FILTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/filter/filter_input.h"

struct filter;

enum filter_option {
	FILTER_NAMESPACE = 1, /* exact name, or a comma-separated list of names */
	FILTER_POD,           /* exact name or namespace/name, or a comma-separated list */
	FILTER_SELECTOR,      /* a label selector, see selector.h */
	FILTER_CONTAINER,     /* exact name, or an id's prefix of at least 6 characters */
	FILTER_NODE,
	FILTER_COMM,
	FILTER_PID,
	FILTER_PORT,        /* the server's port; a number or a range */
	FILTER_DIRECTION,   /* egress or ingress, case-insensitive */
	FILTER_PROTOCOL,    /* tcp, udp or sctp, case-insensitive */
	FILTER_FAILED,      /* only failed attempts; the value is ignored */
	FILTER_IN_WORKLOAD, /* only connections of pods and containers; the value is ignored */
};

/* The reason why a value or a text was refused, and the position in it. */
struct filter_error {
	size_t column; /* 1-based, in bytes */
	char message[160];
};

/* Makes an empty filter. Returns 0 or -ENOMEM. Free with filter_free. */
int filter_new(struct filter **out);
void filter_free(struct filter *filter);

/* Adds the term of one option. Returns 0, -ENOMEM, or -EINVAL with *error filled in (`error` may be
 * NULL). The filter must not be NULL. */
int filter_add(struct filter *filter, enum filter_option option, const char *value,
	       struct filter_error *error);

/* Adds all terms of a text. An empty text has no terms. Returns the same errors as filter_add. On
 * failure the filter is unchanged. */
int filter_parse(struct filter *filter, const char *text, struct filter_error *error);

/* Returns whether the filter has no terms. */
bool filter_is_empty(const struct filter *filter);

/* Returns whether any term has the trait. */
bool filter_has(const struct filter *filter, enum filter_trait trait);

/* Returns whether the input passes every term. */
bool filter_match(const struct filter *filter, const struct filter_input *input);

/* Returns whether a term with FILTER_TESTS_WORKLOAD rejects the input. The filter then rejects all
 * connections of the input's pod or container. */
bool filter_rejects_workload(const struct filter *filter, const struct filter_input *input);

#endif
