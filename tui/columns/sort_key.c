/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/columns/sort_key.h"

#include <string.h>

#include "core/base/hash.h"

static uint64_t sort_key_read_big_endian(const unsigned char bytes[8])
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

void sort_key_set_bytes(struct sort_key *key, const unsigned char bytes[16])
{
	key->high = sort_key_read_big_endian(bytes);
	key->low = sort_key_read_big_endian(bytes + 8);
}

void sort_key_set_text(struct sort_key *key, const char *text)
{
	unsigned char bytes[16] = {0};

	memcpy(bytes, text, strnlen(text, sizeof(bytes)));
	sort_key_set_bytes(key, bytes);
	key->tie = hash_string(1, text);
}

void sort_key_set_number(struct sort_key *key, bool known, uint64_t number)
{
	key->high = known ? 0 : 1;
	key->low = ~number;
}

int sort_key_compare(const void *a, const void *b)
{
	const struct sort_key *left = a;
	const struct sort_key *right = b;

	if (left->high != right->high)
		return left->high < right->high ? -1 : 1;
	if (left->low != right->low)
		return left->low < right->low ? -1 : 1;
	if (left->tie != right->tie)
		return left->tie < right->tie ? -1 : 1;
	if (left->sequence != right->sequence)
		return left->sequence > right->sequence ? -1 : 1;
	return 0;
}
