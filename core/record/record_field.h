/* SPDX-License-Identifier: Apache-2.0 */
/* One field of a record: the shape of a row of the tables in record_fields.c and flow_fields.h. */
#ifndef POLECAT_CORE_RECORD_RECORD_FIELD_H
#define POLECAT_CORE_RECORD_RECORD_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/record/record_names.h"

/* The C type of a field's member, and its form in a line. Unknown values are absent from a line. */
enum field_type {
	/* Members of any struct. NULL, "", 0, false and empty lists are unknown. */
	FIELD_TEXT = 1,  /* char *, owned by the record */
	FIELD_ADDRESS,   /* char *, owned: an IP address in canonical form, or another text */
	FIELD_PORT_TEXT, /* char *, owned: number or name of a port; a JSON number if it is one */
	FIELD_TEXTS,     /* struct string_list */
	FIELD_ADDRESSES, /* struct string_list, each like FIELD_ADDRESS */
	FIELD_LABELS,    /* struct labels */
	FIELD_LIST,      /* owned array of the structs that `fields` describes; a list of objects */
	FIELD_OBJECT,    /* no member: an object of the members that `fields` lists */
	FIELD_NUMBER,    /* uint32_t, or uint64_t up to INT64_MAX */
	FIELD_PORT,      /* uint16_t; a line's number above 65535 is unknown */
	FIELD_TIME,      /* uint64_t, nanoseconds of Unix time; RFC 3339 */
	FIELD_BOOL,      /* bool */
	FIELD_ENUM,      /* uint8_t, one of `words` */

	/* Members of struct flow. Known if the presence bit `has` is set, or if not 0. */
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
	char prefix[24]; /* the key as it stands in a line: `,"key":` */
	uint8_t prefix_length;
	uint8_t type;          /* enum field_type */
	uint8_t size;          /* of the member, in bytes */
	bool required;         /* a line without it is refused; 0 is written */
	uint32_t has;          /* enum flow_field; 0: no presence bit */
	uint16_t offset;       /* of the member in its struct */
	uint16_t other_offset; /* of the count of FIELD_LIST; in struct flow_names, of the text */
	const struct record_words *words;   /* FIELD_ENUM, FIELD_PROTOCOL */
	const struct record_fields *fields; /* FIELD_LIST, FIELD_OBJECT */
	const char *key;
	const char *member; /* name of the member, for the tests */
};

struct record_fields {
	const struct record_field *rows;
	size_t count;
	const char *name; /* of the struct that has the members, for the tests */
	size_t size;      /* of the struct, in bytes */
};

/* Makes a row from the struct, the type without FIELD_, the key, the member and more initialisers. */
#define RECORD_FIELD(structure, field_type, text, name, ...)                               \
	{                                                                                  \
		.prefix = ",\"" text "\":", .prefix_length = sizeof(text) + 3,             \
		.type = FIELD_##field_type, .size = sizeof(((struct structure *)0)->name), \
		.offset = offsetof(struct structure, name), .key = text, .member = #name,  \
		__VA_ARGS__                                                                \
	}

/* Makes a row for an object that groups members of the same struct: the key, the fields. */
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

/* Number of the member, of 1, 2, 4 or 8 bytes. */
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

/* Number of items of a FIELD_LIST in the struct `members`. */
static inline size_t record_list_count(const struct record_field *field, const void *members)
{
	size_t count;

	memcpy(&count, (const char *)members + field->other_offset, sizeof(count));
	return count;
}

#endif
