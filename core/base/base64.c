/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/base64.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a digit, or -1. */
static int digit_value(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The four characters of one group, with their number of padding characters. */
struct group {
	uint32_t bits;
	unsigned int digits;
	unsigned int padding;
};

/* Takes in one character. 0 or -EINVAL. */
static int take_character(struct group *group, char c)
{
	int value = digit_value(c);

	if (c == '=') {
		if (group->digits < 2)
			return -EINVAL;
		group->padding++;
		return 0;
	}
	if (value < 0 || group->padding > 0)
		return -EINVAL;
	group->bits = group->bits << 6 | (uint32_t)value;
	group->digits++;
	return 0;
}

/* Writes the bytes of a whole group. Their number, or -EINVAL for bits beyond the last byte. */
static int write_group(const struct group *group, char *out)
{
	uint32_t bits = group->bits << (6 * group->padding);
	unsigned int count = 3 - group->padding;

	if (group->padding > 0 && (bits & ((1u << (8 * group->padding)) - 1)) != 0)
		return -EINVAL;
	for (unsigned int i = 0; i < count; i++)
		out[i] = (char)(unsigned char)(bits >> (16 - 8 * i));
	return (int)count;
}

int base64_decode(const char *text, char **out, size_t *length, size_t *position)
{
	struct group group = {0};
	char *bytes = malloc(strlen(text) / 4 * 3 + 4);
	size_t written = 0;
	size_t i = 0;
	int ended = 0;

	if (!bytes)
		return -ENOMEM;
	for (; text[i]; i++) {
		if (text[i] == '\n' || text[i] == '\r')
			continue;
		if (ended || take_character(&group, text[i]))
			goto fail;
		if (group.digits + group.padding < 4)
			continue;
		int count = write_group(&group, bytes + written);
		if (count < 0)
			goto fail;
		written += (size_t)count;
		ended = group.padding > 0;
		group = (struct group){0};
	}
	if (group.digits > 0)
		goto fail;
	bytes[written] = '\0';
	*out = bytes;
	*length = written;
	return 0;

fail:
	/* It may have been a key. */
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
		*at++ = digits[bits >> 18];
		*at++ = digits[bits >> 12 & 63];
		*at++ = '=';
		*at++ = '=';
		if (left > 1)
			at[-2] = digits[bits >> 6 & 63];
		if (left > 2)
			at[-1] = digits[bits & 63];
	}
	*at = '\0';
	return text;
}
