/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the terms of a filter: the values of options, and the words of a filter's text. */
#ifndef POLECAT_CORE_FILTER_FILTER_PARSE_H
#define POLECAT_CORE_FILTER_FILTER_PARSE_H

#include <stddef.h>

struct filter_term;

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

/* Fills in a zeroed term from an option's value. 0, -ENOMEM, or -EINVAL with *error (may be NULL)
 * filled in. */
int filter_parse_option(struct filter_term *term, enum filter_option option, const char *value,
			struct filter_error *error);

/* Fills in a zeroed term from the word at *at and moves *at behind it. `text` is the whole text,
 * for columns. Errors as above. */
int filter_parse_term(struct filter_term *term, const char *text, const char **at,
		      struct filter_error *error);

#endif
