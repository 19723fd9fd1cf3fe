/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters select the connections that a command prints, a pane shows or a draft is made from.
 *
 * A filter is a list of conditions; a connection passes if it passes all of them. Conditions come
 * from the command line's options (filter_add) and from the text of `/` in the dashboard and of
 * --filter and --exclude (filter_parse). A text is made of terms:
 *
 * - word: one of the texts in the connection's row contains the word, ignoring case;
 * - key:value, for the keys in filter_keys.c: a text contains the value, a number equals it or is
 *   in the range 8000-8999, an address is in the block 203.0.113.0/24. An address alone is exact.
 *   Values separated by commas are alternatives;
 * - key=value and key!=value: the whole text is the value, or is not;
 * - key>1M, key<=100ms, also after a colon: a comparison, for numbers;
 * - key~regex and ~regex: a part of the text matches a POSIX extended regular expression;
 * - host, net, port, portrange, src or dst, then a value: as in tcpdump;
 * - @name: the expression of this name (filter_names.h), in parentheses;
 * - "two words": within quotes, a space is part of the word.
 *
 * Terms side by side, or with `and` between them, must all hold; `or` binds less tightly; `!` or
 * `not` negates; parentheses group. A term does not hold if it needs a value that is unknown.
 *
 * Bounds: 256 terms, 32 nested parentheses, and those of filter_regex.h.
 *
 * Pure: no I/O, no clock. Not thread-safe. Unless stated otherwise, a NULL filter counts as empty.
 */
#ifndef POLECAT_CORE_FILTER_FILTER_H
#define POLECAT_CORE_FILTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter_error.h"
#include "core/filter/filter_input.h"
#include "core/filter/filter_names.h"

struct filter;

enum filter_option {
	FILTER_NAMESPACE = 1, /* exact name, or a list: a,b or !a,!b */
	FILTER_POD,           /* exact name or namespace/name, or a list */
	FILTER_SELECTOR,      /* a label selector, see selector.h */
	FILTER_CONTAINER,     /* exact name, or an id's prefix of at least 6
				 * characters, or a list */
	FILTER_NODE,
	FILTER_COMM,
	FILTER_PID,
	FILTER_PORT,        /* the server's port; a number or a range */
	FILTER_DIRECTION,   /* egress or ingress, case-insensitive */
	FILTER_PROTOCOL,    /* tcp, udp or sctp, case-insensitive */
	FILTER_FAILED,      /* only failed attempts; the value is ignored */
	FILTER_IN_WORKLOAD, /* only connections of pods and containers; the value is ignored */
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

/* Does the same for a text that may contain @NAME, for the names that are given. A filter that
 * contains itself is refused. */
int filter_parse_with_names(struct filter *filter, const char *text,
			    const struct filter_names *names, struct filter_error *error);

/* Returns whether the filter has no terms. */
bool filter_is_empty(const struct filter *filter);

/* Returns whether the filter is one list of alternatives, so that a text after it needs
 * parentheses around it. */
bool filter_is_alternative(const struct filter *filter);

/* Returns whether any term has the trait. */
bool filter_has(const struct filter *filter, enum filter_trait trait);

/* Returns whether the input passes every term. */
bool filter_match(const struct filter *filter, const struct filter_input *input);

/* Whether a filter passes several connections. */
enum filter_answer {
	FILTER_PASSES_NONE = 0,
	FILTER_PASSES_ALL,
	FILTER_DEPENDS, /* some may pass: test each */
};

/* Tests an input that stands for several connections, such as all of a destination. `varying` is a
 * set of filter_field_bit: the fields in which the connections may differ. The input must lack
 * their values. */
enum filter_answer filter_match_all(const struct filter *filter, const struct filter_input *input,
				    uint64_t varying);

/* Returns whether a term with FILTER_TESTS_WORKLOAD rejects the input. The filter then rejects all
 * connections of the input's pod or container. */
bool filter_rejects_workload(const struct filter *filter, const struct filter_input *input);

/* Returns whether filter_rejects_workload decides about all inputs: those of a workload that is not
 * rejected pass the filter. */
bool filter_tests_only_workloads(const struct filter *filter);

#endif
