/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/base64.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Returns the value of a digit, or -1. */
static int base64_digit_value(char c)
{
	const char *at = c ? strchr(base64_digits, c) : NULL;

	return at ? (int)(at - base64_digits) : -1;
}

/* Four characters, of which up to two at the end are padding. */
struct base64_group {
	uint32_t bits;
	unsigned int digits;
	unsigned int padding;
};

/* Returns 0, or -EINVAL if the character is wrong at this place. */
static int base64_add_character(struct base64_group *group, char c)
{
	int value = base64_digit_value(c);

	if (c == '=' && group->digits >= 2) {
		group->padding++;
		return 0;
	}
	if (value < 0 || group->padding > 0)
		return -EINVAL;
	group->bits = group->bits << 6 | (uint32_t)value;
	group->digits++;
	return 0;
}

/* Writes the bytes of a complete group. Returns their number, or -EINVAL if unused bits are set. */
static int base64_write_group(const struct base64_group *group, char *out)
{
	uint32_t bits = group->bits << (6 * group->padding);
	unsigned int count = 3 - group->padding;

	if ((bits & ((1u << (8 * group->padding)) - 1)) != 0)
		return -EINVAL;
	for (unsigned int i = 0; i < count; i++)
		out[i] = (char)(unsigned char)(bits >> (16 - 8 * i));
	return (int)count;
}

int base64_decode(const char *text, char **out, size_t *length, size_t *position)
{
	struct base64_group group = {0};
	char *bytes = malloc(strlen(text) / 4 * 3 + 4);
	size_t written = 0;
	size_t i = 0;
	bool ended = false;

	if (!bytes)
		return -ENOMEM;
	for (; text[i]; i++) {
		if (text[i] == '\n' || text[i] == '\r')
			continue;
		if (ended || base64_add_character(&group, text[i]))
			goto fail;
		if (group.digits + group.padding < 4)
			continue;
		int count = base64_write_group(&group, bytes + written);
		if (count < 0)
			goto fail;
		written += (size_t)count;
		ended = group.padding > 0;
		group = (struct base64_group){0};
	}
	if (group.digits > 0)
		goto fail;
	bytes[written] = '\0';
	*out = bytes;
	*length = written;
	return 0;

fail:
	/* The bytes may be part of a key. */
	explicit_bzero(bytes, written);
	free(bytes);
	*position = i;
	return -EINVAL;
}

char *base64_encode(const char *bytes, size_t length)
{
	char *text = malloc((length + 2) / 3 * 4 + 1);
	char *at = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t bits = (uint32_t)(unsigned char)bytes[i] << 16;
		if (left > 1)
			bits |= (uint32_t)(unsigned char)bytes[i + 1] << 8;
		if (left > 2)
			bits |= (uint32_t)(unsigned char)bytes[i + 2];
		*at++ = base64_digits[bits >> 18];
		*at++ = base64_digits[bits >> 12 & 63];
		*at++ = '=';
		*at++ = '=';
		if (left > 1)
			at[-2] = base64_digits[bits >> 6 & 63];
		if (left > 2)
			at[-1] = base64_digits[bits & 63];
	}
	*at = '\0';
	return text;
}
