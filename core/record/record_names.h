/* SPDX-License-Identifier: Apache-2.0 */
/* The names that the record format has for enumerations and errors: "egress", "ESTABLISHED". They
 * are for machines. tui/columns has the words for people. Pure. */
#ifndef POLECAT_CORE_RECORD_RECORD_NAMES_H
#define POLECAT_CORE_RECORD_RECORD_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/record/record.h"

/* The texts of an enumeration, indexed by its values. A value without a text has NULL. */
struct record_words {
	const char *const *texts;
	size_t count;
};

extern const struct record_words record_kind_words;     /* enum record_kind */
extern const struct record_words flow_event_words;      /* enum flow_event_type */
extern const struct record_words flow_end_words;        /* enum flow_end */
extern const struct record_words flow_fin_by_words;     /* enum flow_fin_by */
extern const struct record_words flow_owner_words;      /* enum flow_owner */
extern const struct record_words flow_drop_place_words; /* enum flow_drop_place */
extern const struct record_words flow_direction_words;  /* enum flow_direction */
extern const struct record_words flow_protocol_words;   /* enum flow_protocol */
extern const struct record_words flow_tcp_state_words;  /* enum flow_tcp_state */
extern const struct record_words flow_peer_kind_words;  /* enum flow_peer_kind */
extern const struct record_words clock_set_words;       /* enum clock_set */
extern const struct record_words lost_where_words;      /* enum lost_where */

/* Returns the text of a value, in static storage; NULL: the value has no text. */
static inline const char *record_word(const struct record_words *words, size_t value)
{
	return value < words->count ? words->texts[value] : NULL;
}

/* Returns the value of a text; 0: no value has this text. */
uint8_t record_words_find(const struct record_words *words, const char *text);

static inline const char *flow_direction_name(enum flow_direction direction)
{
	return record_word(&flow_direction_words, direction);
}

static inline const char *flow_protocol_name(enum flow_protocol protocol)
{
	return record_word(&flow_protocol_words, protocol);
}

/* Returns the name of an errno, such as "ECONNREFUSED", in static storage; NULL: it has no name. */
const char *flow_error_name(int error);

/* Returns the errno for a name that flow_error_name returns. Also accepts the decimal number of an
 * errno without a name ("999"). Returns 0 for other texts. */
int flow_error_number(const char *text);

#endif
