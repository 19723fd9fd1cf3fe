/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "core/record/record_fields.h"
#include "core/record/record_names.h"
#include "tui/manual/manual.h"
#include "tui/manual/roff.h"

/* The form of a field's value in a JSON line. */
static const char *manual_form(const struct record_field *field)
{
	switch ((enum field_type)field->type) {
	case FIELD_ADDRESS:
	case FIELD_IP:
		return "an IP address";
	case FIELD_PORT_TEXT:
		return "a port's number, or its name";
	case FIELD_TEXTS:
		return "a list of texts";
	case FIELD_ADDRESSES:
		return "a list of IP addresses";
	case FIELD_LABELS:
		return "an object of texts";
	case FIELD_COUNTS:
		return "an object of numbers";
	case FIELD_LIST:
		return "a list of objects";
	case FIELD_OBJECT:
		return "an object";
	case FIELD_NUMBER:
		return "a number";
	case FIELD_PORT:
		return "a port's number";
	case FIELD_TIME:
		return "a time, RFC 3339, UTC";
	case FIELD_BOOL:
		return "true, or absent";
	case FIELD_ID:
		return "16 hexadecimal digits";
	case FIELD_ERROR:
		return "the name of an error, such as ECONNREFUSED";
	case FIELD_FAMILY:
		return "4 or 6";
	case FIELD_PROTOCOL:
		return "a protocol such as";
	case FIELD_ENUM:
		return "one of";
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_COMM:
		break;
	}
	return "a text";
}

static void manual_words(FILE *file, const struct record_words *words)
{
	const char *separator = " ";

	for (size_t i = 0; i < words->count; i++) {
		if (!words->texts[i])
			continue;
		fprintf(file, "%s\\fB", separator);
		roff_words(file, words->texts[i]);
		fputs("\\fR", file);
		separator = ", ";
	}
}

/* Writes a field. The key of a field in an object or list has the outer keys before it. */
static void manual_field(FILE *file, const struct record_field *field, const char *outer)
{
	fputs(".TP\n\\fB", file);
	roff_words(file, outer);
	roff_words(file, field->key);
	fputs("\\fR\n", file);
	fputs(manual_form(field), file);
	if (field->words)
		manual_words(file, field->words);
	fputs(field->required ? "; always present\n" : "\n", file);
}

static void manual_fields(FILE *file, const struct record_fields *fields, const char *outer)
{
	char inner[64];

	for (size_t i = 0; i < fields->count; i++) {
		const struct record_field *field = &fields->rows[i];
		manual_field(file, field, outer);
		if (!field->fields)
			continue;
		snprintf(inner, sizeof(inner), "%s%s%s.", outer, field->key,
			 field->type == FIELD_LIST ? "[]" : "");
		manual_fields(file, field->fields, inner);
	}
}

void manual_records(FILE *file)
{
	roff_page(file, "polecat-records", 5, "the records of polecat");
	roff_section(file, "DESCRIPTION");
	roff_text(
		file,
		"polecat trace -o json and --record write JSON Lines, version 1: UTF-8, one\n"
		"object a line, which begins with \"v\":1 and \"kind\". Readers ignore kinds and\n"
		"fields that they do not know. An unknown value is absent, never 0 or \"\".\n"
		"\n"
		"A flow reads in the direction in which it was opened: src opened it, dst\n"
		"accepted it, dport is the server's port. The subject of a flow is the process,\n"
		"container or pod that polecat saw: it is on the src side of an egress flow and\n"
		"on the dst side of an ingress flow. A connection between two processes of one\n"
		"machine is two flows. Byte counts are those of the subject.\n"
		"\n"
		"For each kind of record, the fields follow in the order of a line. A dot\n"
		"leads to a field of an object, [] to the objects of a list.");
	for (int kind = RECORD_NONE + 1; (size_t)kind < record_kind_words.count; kind++) {
		const char *name = record_word(&record_kind_words, (size_t)kind);
		const struct record_fields *fields = record_fields((enum record_kind)kind);
		if (!name || !fields)
			continue;
		roff_section(file, name);
		manual_fields(file, fields, "");
	}
	roff_section(file, "SEE ALSO");
	fputs("\\fBpolecat\\fR(1)\n", file);
}
