/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/random_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/record/address.h"
#include "core/record/record_fields.h"

#define MOST_ITEMS 4
#define TEXT_SIZE  96

uint64_t random_next(struct random *random)
{
	random->state += 0x9e3779b97f4a7c15u;
	return hash_u64(random->state);
}

uint64_t random_below(struct random *random, uint64_t below)
{
	return random_next(random) % below;
}

/* The state while one record is made. */
struct maker {
	struct random *random;
	enum random_presence presence;
	struct flow *flow;       /* NULL: the record is neither a flow nor an edge */
	struct flow_names names; /* its texts are in `room` */
	char room[sizeof(struct flow_names) / sizeof(char *)][TEXT_SIZE];
	size_t rooms_used;
};

static bool toss(struct maker *maker)
{
	return random_next(maker->random) & 1;
}

/* Returns true if an optional field gets a value. */
static bool is_present(struct maker *maker)
{
	if (maker->presence == RANDOM_SOME)
		return toss(maker);
	return maker->presence == RANDOM_ALL;
}

static void *checked(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* Returns a random number from 1 to max, with a random length in bits. */
static uint64_t random_number(struct maker *maker, uint64_t max)
{
	uint64_t number = random_next(maker->random) >> random_below(maker->random, 64);

	if (number == 0)
		number = 1;
	return number <= max ? number : max;
}

static size_t random_count(struct maker *maker)
{
	return is_present(maker) ? 1 + random_below(maker->random, MOST_ITEMS) : 0;
}

/* Makes a text of at least one character, from pieces that a writer may handle wrongly. */
static void random_text(struct maker *maker, char text[TEXT_SIZE])
{
	static const char *const pieces[] = {
		"a",
		"kube-system",
		"x.example",
		"\"",
		"\\",
		"/",
		"\n",
		"\t",
		"\x01",
		"\x1b[31m",
		"\x7f",
		"\xc2\x9b",
		"é",
		"日",
		"😀",
		"\xe2\x80\xa8",
		" ",
		"{",
		"}",
		":",
		"\xef\xbf\xbd",
		"0",
		",",
		"'",
	};
	size_t count = 1 + random_below(maker->random, 8);

	text[0] = '\0';
	while (count-- > 0)
		strcat(text,
		       pieces[random_below(maker->random, sizeof(pieces) / sizeof(pieces[0]))]);
}

static void random_address(struct maker *maker, uint8_t family, struct flow_address *address)
{
	uint8_t unmapped = family;

	memset(address, 0, sizeof(*address));
	for (size_t i = 0; i < (family == 4 ? 4u : 16u); i++)
		address->bytes[i] = toss(maker) ? (uint8_t)random_next(maker->random) : 0;
	address_unmap(&unmapped, address);
	if (unmapped != family)
		address->bytes[0] = 0x20;
}

static char *random_address_text(struct maker *maker)
{
	uint8_t family = toss(maker) ? 4 : 6;
	struct flow_address address;
	char text[ADDRESS_TEXT_SIZE];

	random_address(maker, family, &address);
	address_format(family, &address, text);
	return checked(strdup(text));
}

static char *random_port_text(struct maker *maker)
{
	static const char *const texts[] = {"80", "65535", "65536", "0", "http", "080", "-1"};

	return checked(strdup(texts[random_below(maker->random, 7)]));
}

static char *random_text_of(struct maker *maker, enum field_type type)
{
	char text[TEXT_SIZE];

	if (type == FIELD_ADDRESS || type == FIELD_ADDRESSES)
		return random_address_text(maker);
	if (type == FIELD_PORT_TEXT)
		return random_port_text(maker);
	random_text(maker, text);
	return checked(strdup(text));
}

static void random_texts(struct maker *maker, enum field_type type, struct string_list *list)
{
	for (size_t count = random_count(maker); count > 0; count--) {
		char *text = random_text_of(maker, type);
		if (string_list_add(list, text))
			abort();
		free(text);
	}
}

static void random_labels(struct maker *maker, struct labels *labels)
{
	for (size_t count = random_count(maker); count > 0; count--) {
		char key[TEXT_SIZE];
		char value[TEXT_SIZE];
		random_text(maker, key);
		random_text(maker, value);
		if (labels_set(labels, key, toss(maker) ? value : ""))
			abort();
	}
}

static void random_counts(struct maker *maker, struct failure_counts *counts)
{
	for (size_t count = random_count(maker); count > 0; count--) {
		char error[TEXT_SIZE];
		random_text(maker, error);
		/* Several counts of the same error must not exceed INT64_MAX. */
		if (failure_counts_add(counts, error, random_number(maker, INT64_MAX / MOST_ITEMS)))
			abort();
	}
}

static void random_fields(struct maker *maker, const struct record_fields *fields, char *members);

static void random_list(struct maker *maker, const struct record_field *field, char *members)
{
	size_t count = random_count(maker);
	size_t size = field->fields->size;
	char *items = count > 0 ? checked(calloc(count, size)) : NULL;

	for (size_t i = 0; i < count; i++)
		random_fields(maker, field->fields, items + i * size);
	memcpy(members + field->offset, &items, sizeof(items));
	memcpy(members + field->other_offset, &count, sizeof(count));
}

/* Sets a text of struct flow_names, and returns it. */
static char *random_name(struct maker *maker, size_t offset)
{
	char *text = maker->room[maker->rooms_used++];

	random_text(maker, text);
	memcpy((char *)&maker->names + offset, &text, sizeof(text));
	return text;
}

/* Gives a value to a field whose type only flows have. */
static void random_flow_field(struct maker *maker, const struct record_field *field)
{
	static const uint8_t protocols[] = {FLOW_TCP, FLOW_UDP, FLOW_SCTP};
	static const int16_t errors[] = {1, 111, 110, 113, 999, 41, INT16_MAX};
	struct flow *flow = maker->flow;
	bool as_text = toss(maker);
	uint64_t id;

	switch ((enum field_type)field->type) {
	case FIELD_NAME:
		random_name(maker, field->offset);
		break;
	case FIELD_ID:
		id = as_text ? hash_string(0, random_name(maker, field->other_offset))
			     : random_next(maker->random);
		memcpy((char *)flow + field->offset, &id, sizeof(id));
		break;
	case FIELD_PROTOCOL:
		if (as_text)
			random_name(maker, field->other_offset);
		else
			flow->protocol = protocols[random_below(maker->random, 3)];
		break;
	case FIELD_ERROR:
		/* Without the prefix, a text of digits would be read as the number of an errno. */
		if (as_text)
			memcpy(random_name(maker, field->other_offset), "E_", 3);
		else
			flow->error = errors[random_below(maker->random, 7)];
		break;
	case FIELD_IP:
		random_address(maker, flow->family,
			       (struct flow_address *)(void *)((char *)flow + field->offset));
		break;
	case FIELD_COMM:
		snprintf(flow->comm, sizeof(flow->comm), "é\"\\\n%u",
			 (unsigned int)random_below(maker->random, 100000));
		break;
	default:
		fprintf(stderr, "%s: random_record does not know its type\n", field->key);
		abort();
	}
}

static void random_number_field(struct maker *maker, const struct record_field *field, char *member)
{
	static const uint64_t limits[] = {[2] = UINT16_MAX, [4] = UINT32_MAX, [8] = INT64_MAX};
	uint64_t wide = random_number(maker, limits[field->size]);
	uint32_t narrow = (uint32_t)wide;
	uint16_t port = (uint16_t)wide;

	if (field->size == sizeof(wide))
		memcpy(member, &wide, sizeof(wide));
	else if (field->size == sizeof(narrow))
		memcpy(member, &narrow, sizeof(narrow));
	else
		memcpy(member, &port, sizeof(port));
}

/* Gives a value to a field. */
static void random_field(struct maker *maker, const struct record_field *field, char *members)
{
	char *member = members + field->offset;
	char *text;

	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
	case FIELD_ADDRESS:
	case FIELD_PORT_TEXT:
		text = random_text_of(maker, (enum field_type)field->type);
		memcpy(member, &text, sizeof(text));
		break;
	case FIELD_TEXTS:
	case FIELD_ADDRESSES:
		random_texts(maker, (enum field_type)field->type, (void *)member);
		break;
	case FIELD_LABELS:
		random_labels(maker, (void *)member);
		break;
	case FIELD_COUNTS:
		random_counts(maker, (void *)member);
		break;
	case FIELD_LIST:
		random_list(maker, field, members);
		break;
	case FIELD_OBJECT:
		random_fields(maker, field->fields, members);
		break;
	case FIELD_NUMBER:
	case FIELD_PORT:
	case FIELD_TIME:
		random_number_field(maker, field, member);
		break;
	case FIELD_BOOL:
		*member = true;
		break;
	case FIELD_ENUM:
		*member = (char)(1 + random_below(maker->random, field->words->count - 1));
		break;
	default:
		random_flow_field(maker, field);
		break;
	}
}

static void random_fields(struct maker *maker, const struct record_fields *fields, char *members)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct record_field *field = &fields->rows[i];
		if (!field->required && field->type != FIELD_OBJECT && !is_present(maker))
			continue;
		if (field->type == FIELD_FAMILY)
			continue;
		if (field->has)
			maker->flow->has |= field->has;
		random_field(maker, field, members);
	}
}

void random_record(struct random *random, enum record_kind kind, enum random_presence presence,
		   struct record *record)
{
	const struct record_fields *fields = record_fields(kind);
	struct maker maker = {.random = random, .presence = presence};

	memset(record, 0, sizeof(*record));
	record->kind = (uint8_t)kind;
	if (kind == RECORD_FLOW) {
		maker.flow = &record->flow;
		/* A flow has addresses of one family only, so choose the family first. */
		record->flow.family = toss(&maker) ? 4 : 6;
		random_fields(&maker, fields, (char *)&record->flow);
		if (flow_names_copy(&maker.names, &record->flow.names))
			abort();
	} else if (kind == RECORD_LOST) {
		random_fields(&maker, fields, (char *)&record->lost);
	} else if (kind == RECORD_EDGE) {
		record->edge = checked(calloc(1, fields->size));
		maker.flow = &record->edge->flow;
		record->edge->flow.family = toss(&maker) ? 4 : 6;
		random_fields(&maker, fields, record->body);
		if (flow_names_copy(&maker.names, &record->edge->flow.names))
			abort();
	} else if (fields) {
		record->body = checked(calloc(1, fields->size));
		random_fields(&maker, fields, record->body);
	}
}
