/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/json/json_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/record/address.h"

static char *json_value_member(const struct record_field *field, struct json_target *target)
{
	return (char *)target->members + field->offset;
}

/* Marks the field as known. Only fields of struct flow have presence bits. */
static void json_value_mark(const struct record_field *field, struct json_target *target)
{
	if (field->has)
		((struct flow *)target->members)->has |= field->has;
}

/* Points a member of struct flow_names to the text. */
static void json_value_set_name(size_t offset, const char *text, struct json_target *target)
{
	memcpy((char *)&target->names + offset, &text, sizeof(text));
}

bool json_value_read_hex(const char *text, size_t count, uint64_t *value)
{
	*value = 0;
	for (; count > 0; count--, text++) {
		bool is_digit = *text >= '0' && *text <= '9';
		if (!is_digit && (*text < 'a' || *text > 'f'))
			return false;
		*value = *value << 4 | (uint64_t)(*text - (is_digit ? '0' : 'a' - 10));
	}
	return true;
}

static void json_value_set_id(const struct record_field *field, const char *text, size_t length,
			      struct json_target *target)
{
	uint64_t id;

	if (length != 16 || !json_value_read_hex(text, length, &id)) {
		id = hash_string(0, text);
		json_value_set_name(field->other_offset, text, target);
	}
	memcpy(json_value_member(field, target), &id, sizeof(id));
	json_value_mark(field, target);
}

static bool json_value_set_time(const struct record_field *field, const char *text, size_t length,
				struct json_target *target)
{
	uint64_t unix_ns;

	int error = timestamp_parse(text, length, &unix_ns);
	/* Such a clock is wrong: the time stays unknown. */
	if (error == -ERANGE)
		return true;
	if (error)
		return false;
	memcpy(json_value_member(field, target), &unix_ns, sizeof(unix_ns));
	return true;
}

static bool json_value_set_ip(const struct record_field *field, const char *text,
			      struct json_target *target)
{
	uint8_t *family = &target->families[__builtin_ctz(field->has)];
	struct flow_address address;

	if (address_parse(text, family, &address))
		return false;
	memcpy(json_value_member(field, target), &address, sizeof(address));
	json_value_mark(field, target);
	return true;
}

static void json_value_set_error(const struct record_field *field, const char *text,
				 struct json_target *target)
{
	int16_t error = (int16_t)flow_error_number(text);

	if (error > 0)
		memcpy(json_value_member(field, target), &error, sizeof(error));
	else
		json_value_set_name(field->other_offset, text, target);
}

/* Sets the comm of a flow. Cuts a text that is too long, but not inside a character. */
static void json_value_set_comm(const struct record_field *field, const char *text, size_t length,
				struct json_target *target)
{
	size_t kept = 0;

	if (length < FLOW_COMM_SIZE)
		kept = length;
	while (length >= FLOW_COMM_SIZE) {
		uint32_t code;
		size_t bytes = text_decode(text + kept, &code);
		if (bytes == 0 || kept + bytes >= FLOW_COMM_SIZE)
			break;
		kept += bytes;
	}
	memcpy(json_value_member(field, target), text, kept);
}

bool json_value_set_text(const struct record_field *field, const char *text, size_t length,
			 struct json_target *target)
{
	uint8_t value;

	switch ((enum field_type)field->type) {
	case FIELD_NAME:
		json_value_set_name(field->offset, text, target);
		return true;
	case FIELD_ENUM:
		value = record_words_find(field->words, text);
		if (value == 0 && field->required)
			return false;
		*json_value_member(field, target) = (char)value;
		return true;
	case FIELD_PROTOCOL:
		value = record_words_find(field->words, text);
		*json_value_member(field, target) = (char)value;
		if (value == 0)
			json_value_set_name(field->other_offset, text, target);
		return true;
	case FIELD_TIME:
		return json_value_set_time(field, text, length, target);
	case FIELD_ID:
		json_value_set_id(field, text, length, target);
		return true;
	case FIELD_IP:
		return json_value_set_ip(field, text, target);
	case FIELD_ERROR:
		json_value_set_error(field, text, target);
		return true;
	case FIELD_COMM:
		json_value_set_comm(field, text, length, target);
		return true;
	default:
		return false;
	}
}

bool json_value_set_number(const struct record_field *field, uint64_t number,
			   struct json_target *target)
{
	static const uint64_t limits[] = {
		[sizeof(uint16_t)] = UINT16_MAX,
		[sizeof(uint32_t)] = UINT32_MAX,
		[sizeof(uint64_t)] = INT64_MAX,
	};
	char *member = json_value_member(field, target);
	uint32_t narrow = (uint32_t)number;
	uint16_t port = (uint16_t)number;

	if (field->type == FIELD_FAMILY) {
		if (number != 0 && number != 4 && number != 6)
			return false;
		*member = (char)number;
		return true;
	}
	if ((field->type != FIELD_NUMBER && field->type != FIELD_PORT) ||
	    number > limits[field->size])
		return false;
	if (field->size == sizeof(number))
		memcpy(member, &number, sizeof(number));
	else if (field->size == sizeof(narrow))
		memcpy(member, &narrow, sizeof(narrow));
	else
		memcpy(member, &port, sizeof(port));
	json_value_mark(field, target);
	return true;
}

/*
 * Sets the flow's family to that of the peer's address, else to that of the subject's address. If
 * the flow has neither address, keeps the family that the line names. Drops addresses of another
 * family, which are wrong, because both ends of a flow have the same family.
 */
static void json_value_set_family(struct json_target *target)
{
	static const uint8_t addresses[] = {FLOW_INDEX_SRC, FLOW_INDEX_DST, FLOW_INDEX_ORIGIN,
					    FLOW_INDEX_BACKEND};
	static const struct flow_address none;
	struct flow *flow = target->members;
	bool egress = flow->direction == FLOW_EGRESS;
	uint8_t peer = target->families[egress ? FLOW_INDEX_DST : FLOW_INDEX_SRC];
	uint8_t own = target->families[egress ? FLOW_INDEX_SRC : FLOW_INDEX_DST];

	if (peer != 0)
		flow->family = peer;
	else if (own != 0)
		flow->family = own;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		if (target->families[addresses[i]] != flow->family)
			flow->has &= ~(1u << addresses[i]);
	}
	if (!(flow->has & FLOW_HAS_SRC))
		flow->src = none;
	if (!(flow->has & FLOW_HAS_DST))
		flow->dst = none;
	if (!(flow->has & (FLOW_HAS_ORIGIN | FLOW_HAS_BACKEND)))
		flow->nat_address = none;
}

int json_value_finish_flow(struct json_target *target)
{
	json_value_set_family(target);
	return flow_names_copy(&target->names, &((struct flow *)target->members)->names);
}
