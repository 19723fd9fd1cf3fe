/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the values of terms. Only the files of this folder use this header. */
#ifndef POLECAT_CORE_FILTER_FILTER_VALUE_H
#define POLECAT_CORE_FILTER_FILTER_VALUE_H

#include "core/filter/filter_error.h"
#include "core/filter/filter_keys.h"
#include "core/filter/filter_term.h"

/* The operator between a key and its value. */
enum filter_operator {
	FILTER_OPERATOR_FITS = 1, /* key:value */
	FILTER_OPERATOR_EQUAL,
	FILTER_OPERATOR_NOT_EQUAL,
	FILTER_OPERATOR_REGEX,
	FILTER_OPERATOR_BELOW,
	FILTER_OPERATOR_AT_MOST,
	FILTER_OPERATOR_ABOVE,
	FILTER_OPERATOR_AT_LEAST,
};

/* All functions fill in a term that is zero except for its field. They return 0, -ENOMEM, or
 * -EINVAL with *error filled in (NULL: ignored). After a failure, free the term with
 * filter_term_clear. */

/* Parses the value of a key. */
int filter_value_parse(struct filter_term *term, const struct filter_key *key,
		       enum filter_operator op, const char *value, struct filter_error *error);

/* Parses a number or a range, LOW-HIGH, of a field that is a port, a process or a user. */
int filter_value_parse_range(struct filter_term *term, const char *value,
			     struct filter_error *error);

/* Parses a text that the field contains. */
int filter_value_parse_text(struct filter_term *term, const char *value,
			    struct filter_error *error);

int filter_value_parse_regex(struct filter_term *term, const char *value,
			     struct filter_error *error);

/* Parses an address, a block in CIDR notation, or a text that an address or a name contains. */
int filter_value_parse_address(struct filter_term *term, const char *value,
			       struct filter_error *error);

/* Parses a block, or the first parts of an IPv4 address: 192.0.2 is 192.0.2.0/24. */
int filter_value_parse_net(struct filter_term *term, const char *value, struct filter_error *error);

int filter_value_parse_selector(struct filter_term *term, const char *value,
				struct filter_error *error);

#endif
