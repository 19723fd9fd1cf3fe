/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the record format for enumerations and errors: "egress", "ESTABLISHED". They are for
 * machines; tui/columns has the words for people. Pure. */
#ifndef POLECAT_CORE_RECORD_RECORD_NAMES_H
#define POLECAT_CORE_RECORD_RECORD_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/record/record.h"

/* The texts of an enumeration, indexed by its values; NULL where a value has none. */
struct record_words {
	const char *const *texts;
	size_t count;
};

extern const struct record_words record_kind_words;    /* enum record_kind */
extern const struct record_words flow_event_words;     /* enum flow_event_type */
extern const struct record_words flow_direction_words; /* enum flow_direction */
extern const struct record_words flow_protocol_words;  /* enum flow_protocol */
extern const struct record_words flow_tcp_state_words; /* enum flow_tcp_state */
extern const struct record_words flow_peer_kind_words; /* enum flow_peer_kind */
extern const struct record_words lost_where_words;     /* enum lost_where */

/* Text of a value; NULL if it has none. Static storage. */
static inline const char *record_word(const struct record_words *words, size_t value)
{
	return value < words->count ? words->texts[value] : NULL;
}

/* Value of a text; 0 if no value has it. */
uint8_t record_words_find(const struct record_words *words, const char *text);

static inline const char *flow_direction_name(enum flow_direction direction)
{
	return record_word(&flow_direction_words, direction);
}

static inline const char *flow_protocol_name(enum flow_protocol protocol)
{
	return record_word(&flow_protocol_words, protocol);
}

/* "ECONNREFUSED" …; NULL for an errno without a name. Static storage. */
const char *flow_error_name(int error);

/* Errno of a name of flow_error_name, or of a decimal number without a name ("999"); else 0. */
int flow_error_number(const char *text);

#endif
