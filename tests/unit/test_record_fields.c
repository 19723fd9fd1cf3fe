/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of record fields agree with the structs in the headers and with the README. */
#include "core/record/record_fields.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/source_text.h"

/* A callback that gets one table of fields. */
typedef void visit_fields(const struct record_fields *fields, void *data);

static void visit_table(const struct record_fields *fields, visit_fields *visit, void *data)
{
	visit(fields, data);
	for (size_t i = 0; i < fields->count; i++) {
		if (fields->rows[i].fields)
			visit_table(fields->rows[i].fields, visit, data);
	}
}

static void visit_all_tables(visit_fields *visit, void *data)
{
	for (int kind = RECORD_HELLO; kind <= RECORD_LOST; kind++)
		visit_table(record_fields((enum record_kind)kind), visit, data);
}

/* A struct member that must have a row: the names of the struct and the member, and whether a row
 * was found. */
struct wanted {
	const char *structure;
	const char *member;
	bool found;
};

static void find_row(const struct record_fields *fields, void *data)
{
	struct wanted *wanted = data;
	bool in_names = strcmp(wanted->structure, "flow_names") == 0;

	if (strcmp(fields->name, in_names ? "flow" : wanted->structure) != 0)
		return;
	for (size_t i = 0; i < fields->count; i++) {
		const struct record_field *row = &fields->rows[i];
		char count[64];
		if (!row->member || (row->type == FIELD_NAME) != in_names)
			/* Members of these three types also have a text in struct flow_names. */
			if (!in_names || (row->type != FIELD_ID && row->type != FIELD_PROTOCOL &&
					  row->type != FIELD_ERROR))
				continue;
		/* "port_count" counts the member "ports". */
		snprintf(count, sizeof(count), "%.*s_count", (int)strlen(row->member) - 1,
			 row->member);
		if (strcmp(row->member, wanted->member) == 0 ||
		    (row->type == FIELD_LIST && strcmp(count, wanted->member) == 0))
			wanted->found = true;
	}
}

static void check_member(const char *structure, const char *member)
{
	struct wanted wanted = {.structure = structure, .member = member};

	/* The presence bits and the names of a flow are not fields. */
	if (strcmp(structure, "flow") == 0 &&
	    (strcmp(member, "has") == 0 || strcmp(member, "names") == 0))
		return;
	/* The members of an edge's flow are those of struct flow. */
	if (strcmp(structure, "edge_record") == 0 && strcmp(member, "flow") == 0)
		return;
	/* `listing` is not a field: records that set it are never written as JSON. */
	if (strcmp(structure, "lost_record") == 0 && strcmp(member, "listing") == 0)
		return;
	visit_all_tables(find_row, &wanted);
	if (!wanted.found)
		fail_msg("struct %s: the member '%s' has no row in core/record/%s", structure,
			 member,
			 strncmp(structure, "flow", 4) == 0 ? "flow_fields.h" : "record_fields.c");
}

/* Checks the members of the struct that begins at `at`. Returns their number. */
static size_t check_struct(const char *structure, char *at)
{
	char *end = strstr(at, "\n};");
	size_t count = 0;

	assert_non_null(end);
	for (char *stop = strchr(at, ';'); stop && stop < end; stop = strchr(stop + 1, ';')) {
		char *last = stop;
		char member[64];
		while (last > at && !isalnum((unsigned char)last[-1]))
			last--;
		if (stop[-1] == ']') {
			while (*last != '[')
				last--;
		}
		char *first = last;
		while (isalnum((unsigned char)first[-1]) || first[-1] == '_')
			first--;
		snprintf(member, sizeof(member), "%.*s", (int)(last - first), first);
		check_member(structure, member);
		count++;
	}
	return count;
}

static void check_header(const char *path)
{
	static const char *const others[] = {"label ",       "labels ",        "string_list ",
					     "record ",      "failure_count ", "failure_counts ",
					     "flow_address "};
	char *text = read_source(path);
	size_t structs = 0;

	blank_comments(text);
	for (char *at = strstr(text, "\nstruct "); at; at = strstr(at + 1, "\nstruct ")) {
		char name[64] = "";
		bool other = false;
		sscanf(at, " struct %63[a-z_]", name);
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			other = other || strncmp(at + 8, others[i], strlen(others[i])) == 0;
		if (other)
			continue;
		if (check_struct(name, at) == 0)
			fail_msg("%s: no member of struct %s was found", path, name);
		structs++;
	}
	assert_true(structs > 0);
	free(text);
}

static void test_every_member_has_a_row(void **state)
{
	(void)state;
	check_header("core/record/flow.h");
	check_header("core/record/record.h");
#define CHECK_MEMBER(name, type, member) check_member("flow", #member);
	FLOW_OPTIONAL_MEMBERS(CHECK_MEMBER)
#undef CHECK_MEMBER
}

/* Returns whether the member has the size of the field's type. */
static bool has_size(const struct record_field *row)
{
	switch ((enum field_type)row->type) {
	case FIELD_TEXT:
	case FIELD_ADDRESS:
	case FIELD_PORT_TEXT:
	case FIELD_NAME:
	case FIELD_LIST:
		return row->size == sizeof(char *);
	case FIELD_TEXTS:
	case FIELD_ADDRESSES:
		return row->size == sizeof(struct string_list);
	case FIELD_LABELS:
		return row->size == sizeof(struct labels);
	case FIELD_COUNTS:
		return row->size == sizeof(struct failure_counts);
	case FIELD_NUMBER:
		return row->size == sizeof(uint16_t) || row->size == sizeof(uint32_t) ||
		       row->size == sizeof(uint64_t);
	case FIELD_PORT:
	case FIELD_ERROR:
		return row->size == sizeof(uint16_t);
	case FIELD_TIME:
	case FIELD_ID:
		return row->size == sizeof(uint64_t);
	case FIELD_BOOL:
	case FIELD_ENUM:
	case FIELD_PROTOCOL:
	case FIELD_FAMILY:
		return row->size == 1;
	case FIELD_IP:
		return row->size == sizeof(struct flow_address);
	case FIELD_COMM:
		return row->size == FLOW_COMM_SIZE;
	case FIELD_OBJECT:
		return row->size == 0;
	}
	return false;
}

/* Returns whether the state stores this field of a flow, although the field has no presence bit.
 * fold.c names such members, and copies all members with a bit. */
static bool folds_without_bit(const char *key)
{
	static const char *const keys[] = {"event",  "ts",         "direction",   "protocol",
					   "family", "state",      "error",       "comm",
					   "kind",   "unresolved", "unaccounted", "end",
					   "fin_by", "drop_place", "owner",       "subflows"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i], key) == 0)
			return true;
	}
	return false;
}

/* Returns whether a flow can have a field of this type. Flows are copied, so they own no texts and
 * lists. */
static bool is_of_flow(const struct record_field *row)
{
	switch ((enum field_type)row->type) {
	case FIELD_TEXT:
	case FIELD_ADDRESS:
	case FIELD_PORT_TEXT:
	case FIELD_TEXTS:
	case FIELD_ADDRESSES:
	case FIELD_LABELS:
	case FIELD_COUNTS:
	case FIELD_LIST:
		return false;
	default:
		return true;
	}
}

static void check_rows(const struct record_fields *fields, void *data)
{
	uint32_t *bits = data;

	for (size_t i = 0; i < fields->count; i++) {
		const struct record_field *row = &fields->rows[i];
		bool needs_words = row->type == FIELD_ENUM || row->type == FIELD_PROTOCOL;
		bool needs_fields = row->type == FIELD_LIST || row->type == FIELD_OBJECT;
		bool has_end = memchr(row->prefix, '\0', sizeof(row->prefix)) != NULL;

		/* json_plain_read_fields always compares the four bytes after `,"`. So a key has at
		 * least two characters: `":` follows it. */
		if (strlen(row->key) < 2 || !has_end || strlen(row->prefix) != row->prefix_length)
			fail_msg("%s.%s: the key is too short or too long", fields->name, row->key);
		if (!has_size(row))
			fail_msg("%s.%s: the member is not of the field's type", fields->name,
				 row->key);
		if (needs_words != (row->words != NULL) || needs_fields != (row->fields != NULL))
			fail_msg("%s.%s: .words or .fields do not fit the type", fields->name,
				 row->key);
		if (strcmp(fields->name, "flow") == 0 && !is_of_flow(row))
			fail_msg("flow.%s: not a type for flows. A text of a flow is a member of "
				 "struct flow_names (core/record/flow.h), with a row of FLOW_NAME.",
				 row->key);
		if (strcmp(fields->name, "flow") == 0 && row->type != FIELD_NAME && row->has == 0 &&
		    row->type != FIELD_OBJECT && !folds_without_bit(row->key))
			fail_msg("flow.%s: the state would not keep it; list its member in "
				 "FLOW_OPTIONAL_MEMBERS (core/record/flow.h) and make its row with "
				 "FLOW_FIELD",
				 row->key);
		if ((row->has & *bits) != 0)
			fail_msg("%s.%s: another row has its presence bit", fields->name, row->key);
		*bits |= row->has;
		for (size_t j = 0; j < i; j++) {
			if (strcmp(fields->rows[j].key, row->key) == 0)
				fail_msg("%s.%s: two rows", fields->name, row->key);
		}
	}
}

static void test_rows_are_sound(void **state)
{
	uint32_t bits = 0;

	(void)state;
	for (int kind = RECORD_HELLO; kind <= RECORD_LOST; kind++) {
		uint32_t kind_bits = 0;
		visit_table(record_fields((enum record_kind)kind), check_rows, &kind_bits);
		bits |= kind_bits;
	}
#define CHECK_BIT(name, ...)                                                            \
	if (!(bits & FLOW_HAS_##name))                                                  \
		fail_msg("no row of core/record/flow_fields.h has the presence bit %s", \
			 "FLOW_HAS_" #name);
	FLOW_OPTIONAL_MEMBERS(CHECK_BIT)
	FLOW_SHARED_MEMBERS(CHECK_BIT)
#undef CHECK_BIT
	assert_null(record_fields(RECORD_NONE));
	assert_null(record_fields((enum record_kind)200));
}

/* Returns true if the word is between `at` and `end`. */
static bool has_word(const char *at, const char *end, const char *word)
{
	size_t length = strlen(word);

	for (at = strstr(at, word); at && at + length <= end; at = strstr(at + 1, word)) {
		char before = at[-1];
		char after = at[length];
		if (!isalnum((unsigned char)before) && before != '_' &&
		    !isalnum((unsigned char)after) && after != '_')
			return true;
	}
	return false;
}

struct paragraph {
	const char *kind;
	const char *start;
	const char *end;
};

static void check_documented(const struct record_fields *fields, void *data)
{
	const struct paragraph *paragraph = data;

	for (size_t i = 0; i < fields->count; i++) {
		if (!has_word(paragraph->start, paragraph->end, fields->rows[i].key))
			fail_msg("README.md, \"Record format\": the fields of '%s' lack '%s'",
				 paragraph->kind, fields->rows[i].key);
	}
}

/* Overwrites all cells but the first of each row of a table, from `at` to `end`. */
static void keep_first_cells(char *at, const char *end)
{
	unsigned int cell = 0;

	for (; at < end; at++) {
		if (*at == '\n')
			cell = 0;
		else if (*at == '|')
			cell++;
		else if (cell > 1)
			*at = ' ';
	}
}

static void test_readme_has_every_field(void **state)
{
	char *readme = read_readme();
	char *section = strstr(readme, "\n## Record format\n");

	(void)state;
	assert_non_null(section);
	for (int kind = RECORD_HELLO; kind <= RECORD_LOST; kind++) {
		struct paragraph paragraph = {
			.kind = record_word(&record_kind_words, (size_t)kind)};
		char row[64];
		snprintf(row, sizeof(row), "\n| `%s` |", paragraph.kind);
		if (kind == RECORD_FLOW)
			snprintf(row, sizeof(row), "\nThe fields of a `flow`:\n\n");
		paragraph.start = strstr(section, row);
		if (!paragraph.start)
			fail_msg("README.md, \"Record format\": no row for the kind '%s'",
				 paragraph.kind);
		paragraph.start += strlen(row);
		paragraph.end = strstr(paragraph.start, kind == RECORD_FLOW ? "\n\n" : "\n");
		assert_non_null(paragraph.end);
		if (kind == RECORD_FLOW)
			keep_first_cells(readme + (paragraph.start - readme), paragraph.end);
		visit_table(record_fields((enum record_kind)kind), check_documented, &paragraph);
	}
	free(readme);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_member_has_a_row),
		cmocka_unit_test(test_rows_are_sound),
		cmocka_unit_test(test_readme_has_every_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
