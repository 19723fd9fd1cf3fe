/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/key_sequences.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

/* xterm's control sequences, "PC-Style Function Keys" and "VT220-Style Function Keys". */
static const struct {
	const char *bytes;
	int code;
} usual[] = {
	{"\033[A", KEY_UP},     {"\033OA", KEY_UP},    {"\033[B", KEY_DOWN},   {"\033OB", KEY_DOWN},
	{"\033[C", KEY_RIGHT},  {"\033OC", KEY_RIGHT}, {"\033[D", KEY_LEFT},   {"\033OD", KEY_LEFT},
	{"\033[H", KEY_HOME},   {"\033OH", KEY_HOME},  {"\033[F", KEY_END},    {"\033OF", KEY_END},
	{"\033[1~", KEY_HOME},  {"\033[2~", KEY_IC},   {"\033[3~", KEY_DC},    {"\033[4~", KEY_END},
	{"\033[5~", KEY_PPAGE}, {"\033[7~", KEY_HOME}, {"\033[6~", KEY_NPAGE}, {"\033[8~", KEY_END},
	{"\033[Z", KEY_BTAB},
};

static struct key_sequence *key_sequences_find(const struct key_sequences *keys, const char *bytes,
					       size_t length)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->items[i].length == length &&
		    memcmp(keys->items[i].bytes, bytes, length) == 0)
			return &keys->items[i];
	return NULL;
}

int key_sequences_add(struct key_sequences *keys, const char *bytes, int code)
{
	size_t length = strlen(bytes);

	if (length == 0 || length > KEY_SEQUENCE_MAX || key_sequences_find(keys, bytes, length))
		return 0;
	struct key_sequence *added = ARRAY_ADD(keys->items, keys->count, keys->capacity);
	if (!added)
		return -ENOMEM;
	*added = (struct key_sequence){.length = length, .code = code};
	memcpy(added->bytes, bytes, length);
	return 0;
}

/* Returns whether one of the table's sequences begins with the other one, or the other way
 * round. */
static bool key_sequences_overlap(const struct key_sequences *keys, const char *bytes)
{
	size_t length = strlen(bytes);

	for (size_t i = 0; i < keys->count; i++) {
		const struct key_sequence *item = &keys->items[i];
		size_t shorter = item->length < length ? item->length : length;

		if (memcmp(item->bytes, bytes, shorter) == 0)
			return true;
	}
	return false;
}

int key_sequences_add_usual(struct key_sequences *keys)
{
	for (size_t i = 0; i < ARRAY_LENGTH(usual); i++) {
		struct key_sequence *found =
			key_sequences_find(keys, usual[i].bytes, strlen(usual[i].bytes));
		int error = 0;

		if (found && found->code > KEY_MAX)
			found->code = usual[i].code;
		else if (!key_sequences_overlap(keys, usual[i].bytes))
			error = key_sequences_add(keys, usual[i].bytes, usual[i].code);
		if (error)
			return error;
	}
	return 0;
}

struct key_match key_sequences_match(const struct key_sequences *keys, const unsigned char *bytes,
				     size_t length)
{
	struct key_match match = {0};

	for (size_t i = 0; keys && i < keys->count; i++) {
		const struct key_sequence *item = &keys->items[i];

		if (item->length < length || memcmp(item->bytes, bytes, length) != 0)
			continue;
		if (item->length == length)
			match.code = item->code;
		else
			match.longer = true;
	}
	return match;
}

void key_sequences_clear(struct key_sequences *keys)
{
	free(keys->items);
	*keys = (struct key_sequences){0};
}
