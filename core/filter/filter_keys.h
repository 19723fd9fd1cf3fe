/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the filter language, as in `key:value`. The parser, the help, the completion and a
 * test of the README read this table. Pure. */
#ifndef POLECAT_CORE_FILTER_FILTER_KEYS_H
#define POLECAT_CORE_FILTER_FILTER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum filter_field {
	FILTER_ANY_FIELD = 0,
	FILTER_FIELD_NODE, /* from here to FILTER_FIELD_PROTOCOL, fields are texts of a row */
	FILTER_FIELD_NAMESPACE,
	FILTER_FIELD_POD,
	FILTER_FIELD_CONTAINER,
	FILTER_FIELD_COMM,
	FILTER_FIELD_PEER,
	FILTER_FIELD_DNS,
	FILTER_FIELD_STATE,
	FILTER_FIELD_ERROR,
	FILTER_FIELD_DROP,
	FILTER_FIELD_END,
	FILTER_FIELD_DIRECTION,
	FILTER_FIELD_PROTOCOL,
	FILTER_FIELD_SOURCE,      /* the side that opened the connection */
	FILTER_FIELD_DESTINATION, /* the side that accepted the connection */
	FILTER_FIELD_ADDRESS,     /* either side */
	FILTER_FIELD_LABEL,
	FILTER_FIELD_NEW, /* no bare word tests it */
	FILTER_FIELD_PID, /* from here on, fields are numbers */
	FILTER_FIELD_UID,
	FILTER_FIELD_SPORT,
	FILTER_FIELD_DPORT,
	FILTER_FIELD_EITHER_PORT, /* the port of either side */
	FILTER_FIELD_TX,          /* bytes */
	FILTER_FIELD_RX,          /* bytes */
	FILTER_FIELD_RATE,        /* bytes a second */
	FILTER_FIELD_LATENCY,     /* nanoseconds */
	FILTER_FIELD_RTT,         /* nanoseconds */
	FILTER_FIELD_AGE,         /* nanoseconds */
	FILTER_FIELD_CONNECTIONS,
};

/* The values that a key takes. */
enum filter_value {
	FILTER_VALUE_TEXT = 1,
	FILTER_VALUE_ADDRESS, /* an address, a block, or a text */
	FILTER_VALUE_LABELS,  /* a label selector, see selector.h */
	FILTER_VALUE_NUMBER,  /* a number or a range */
	FILTER_VALUE_PORT,
	FILTER_VALUE_BYTES, /* a number with the unit k, M, G or T (powers of 1000), or none */
	FILTER_VALUE_TIME,  /* a number with the unit ns, us, ms, s, m, h or d */
	FILTER_VALUE_NONE,  /* the key is refused, with `help` as the reason */
};

struct filter_key {
	const char *name;
	const char *alias; /* another name; NULL: none */
	enum filter_field field;
	enum filter_value value;
	const char *help;
	/* The fixed words that the field may have, separated by spaces; NULL: other values. */
	const char *words;
	/* Only a single connection has the value: a destination, the sum of its connections, has
	 * none. */
	bool of_connection;
	/* The connections of one destination may have several values. A destination has one of
	 * them, for example the latest. */
	bool varies;
};

extern const struct filter_key filter_keys[];
extern const size_t filter_key_count;

/* Finds a key by its name or alias, ignoring case. Returns NULL for another name. */
const struct filter_key *filter_key_find(const char *name, size_t length);

/* Returns the bit of a field in a set of fields. */
static inline uint64_t filter_field_bit(enum filter_field field)
{
	return (uint64_t)1 << field;
}

/* Returns the set of the fields that may differ among the connections of one destination. */
uint64_t filter_key_varying_fields(void);

/* Returns the key of a field; NULL: no key has the field. */
const struct filter_key *filter_key_of_field(enum filter_field field);

#endif
