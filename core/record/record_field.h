/* SPDX-License-Identifier: Apache-2.0 */
/* Describes one field of a record. The tables in record_fields.c and flow_fields.h consist of such
 * rows. */
#ifndef POLECAT_CORE_RECORD_RECORD_FIELD_H
#define POLECAT_CORE_RECORD_RECORD_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/record/record_names.h"

/* The C type of a field's member, and its form in a JSON line. Unknown values are absent from a
 * line. */
enum field_type {
	/* Members of any struct. NULL, "", 0, false and empty lists mean unknown. */
	FIELD_TEXT = 1,  /* char *, owned by the record */
	FIELD_ADDRESS,   /* char *, owned: an IP address in canonical form, or another text */
	FIELD_PORT_TEXT, /* char *, owned: a port's name, or its number (a JSON number) */
	FIELD_TEXTS,     /* struct string_list */
	FIELD_ADDRESSES, /* struct string_list, each like FIELD_ADDRESS */
	FIELD_LABELS,    /* struct labels */
	FIELD_COUNTS,    /* struct failure_counts; in JSON, an object of numbers */
	FIELD_LIST,      /* owned array of structs (see `fields`); in JSON, a list of objects */
	FIELD_OBJECT,    /* members of the same struct; in JSON, an object groups them */
	FIELD_NUMBER,    /* uint16_t, uint32_t, or uint64_t up to INT64_MAX */
	FIELD_PORT,      /* uint16_t; a number outside 0 to 65535 in a line means unknown */
	FIELD_TIME,      /* uint64_t, nanoseconds of Unix time; in JSON, RFC 3339 */
	FIELD_BOOL,      /* bool */
	FIELD_ENUM,      /* uint8_t, one of `words` */

	/* Members of struct flow, or of the flow that an edge begins with. A member is known if
	 * its presence bit `has` is set. A member without a presence bit is known if it is not
	 * 0. */
	FIELD_NAME,     /* const char * in struct flow_names */
	FIELD_ID,       /* uint64_t as 16 hex digits; another text is kept in struct flow_names */
	FIELD_PROTOCOL, /* uint8_t, one of `words`; another text is kept in struct flow_names */
	FIELD_ERROR,    /* int16_t, an errno's name; another text is kept in struct flow_names */
	FIELD_FAMILY,   /* uint8_t, 4 or 6 */
	FIELD_IP,       /* struct flow_address of the flow's family */
	FIELD_COMM,     /* char[FLOW_COMM_SIZE] */
};

struct record_fields;

struct record_field {
	char prefix[24]; /* the key as a line contains it: `,"key":` */
	uint8_t prefix_length;
	uint8_t type;    /* enum field_type */
	uint8_t size;    /* of the member, in bytes */
	bool required;   /* readers refuse a line without it; writers write it even if it is 0 */
	uint32_t has;    /* one bit of enum flow_field; 0: no presence bit */
	uint16_t offset; /* of the member in its struct */
	/* FIELD_LIST: offset of the count in the same struct. FIELD_ID, FIELD_PROTOCOL and
	 * FIELD_ERROR: offset of the text in struct flow_names. */
	uint16_t other_offset;
	const struct record_words *words;   /* only in FIELD_ENUM and FIELD_PROTOCOL */
	const struct record_fields *fields; /* only in FIELD_LIST and FIELD_OBJECT */
	const char *key;
	const char *member; /* name of the member, for the tests */
};

struct record_fields {
	const struct record_field *rows;
	size_t count;
	const char *name; /* of the struct that has the members, for the tests */
	size_t size;      /* of the struct, in bytes */
};

/* Is 1 for a member of a signed integer type, else 0. */
#define RECORD_FIELD_IS_SIGNED(structure, member)                                                \
	_Generic(((struct structure *)0)->member, signed char : 1, short : 1, int : 1, long : 1, \
		 long long : 1, default : 0)

/* Is 0 if the row of a field is right. Otherwise compilation fails with a message that names the
 * field. */
#define RECORD_FIELD_CHECK(structure, field_type, text, name)                                \
	(0 * sizeof(struct {                                                                 \
		 _Static_assert(sizeof("" text) <= 20,                                       \
				"the key " #text " is longer than 19 characters");           \
		 _Static_assert(FIELD_##field_type == FIELD_ERROR ||                         \
					!RECORD_FIELD_IS_SIGNED(structure, name),            \
				"struct " #structure ": the member " #name                   \
				" is signed, but record fields are unsigned");               \
		 _Static_assert((FIELD_##field_type == FIELD_NAME) ==                        \
					__builtin_types_compatible_p(struct structure,       \
								     struct flow_names),     \
				"the text " #name " of a flow must be a member of struct "   \
				"flow_names (core/record/flow.h), with a row of FLOW_NAME"); \
		 char unused;                                                                \
	 }))

/* Makes a row. Arguments: the struct, the type without FIELD_, the key, the member, and more
 * initialisers. */
#define RECORD_FIELD(structure, field_type, text, name, ...)                                      \
	{                                                                                         \
		.prefix = ",\"" text "\":",                                                       \
		.prefix_length =                                                                  \
			sizeof(text) + 3 + RECORD_FIELD_CHECK(structure, field_type, text, name), \
		.type = FIELD_##field_type, .size = sizeof(((struct structure *)0)->name),        \
		.offset = offsetof(struct structure, name), .key = text, .member = #name,         \
		__VA_ARGS__                                                                       \
	}

/* Makes a row for an object that groups members of the same struct. Arguments: the key, the
 * fields. */
#define RECORD_OBJECT(text, table)                                             \
	{                                                                      \
		.prefix = ",\"" text "\":", .prefix_length = sizeof(text) + 3, \
		.type = FIELD_OBJECT, .fields = &(table), .key = (text)        \
	}

/* Makes the fields of a struct from its rows. */
#define RECORD_FIELDS(structure, table)                                                           \
	{                                                                                         \
		.rows = (table), .count = sizeof(table) / sizeof((table)[0]), .name = #structure, \
		.size = sizeof(struct structure)                                                  \
	}

/* Returns the value of an unsigned member of 1, 2, 4 or 8 bytes. */
static inline uint64_t record_field_number(const struct record_field *field, const void *member)
{
	uint64_t wide;
	uint32_t narrow;
	uint16_t port;

	switch (field->size) {
	case sizeof(wide):
		memcpy(&wide, member, sizeof(wide));
		return wide;
	case sizeof(narrow):
		memcpy(&narrow, member, sizeof(narrow));
		return narrow;
	case sizeof(port):
		memcpy(&port, member, sizeof(port));
		return port;
	default:
		return *(const uint8_t *)member;
	}
}

/* Returns the number of items of a FIELD_LIST in the struct `members`. */
static inline size_t record_list_count(const struct record_field *field, const void *members)
{
	size_t count;

	memcpy(&count, (const char *)members + field->other_offset, sizeof(count));
	return count;
}

#endif
