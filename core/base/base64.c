/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/base64.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "core/base/memory.h"

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Decodes `text` to `bytes`. Returns the number of bytes, or -1 with *position at the
 * character where decoding failed. */
static ssize_t base64_decode_groups(const char *text, char *bytes, size_t *position)
{
	ssize_t length = 0;
	/* The group of four characters that is being read: */
	uint32_t bits = 0;
	unsigned int digits = 0;  /* characters other than '=' */
	unsigned int padding = 0; /* '=' characters: at most two, and only at the end of the text */

	for (*position = 0; text[*position]; (*position)++) {
		char c = text[*position];
		if (c == '\n' || c == '\r')
			continue;
		bool pads = c == '=' && digits >= 2;
		const char *digit = pads ? base64_digits : strchr(base64_digits, c);
		if (!digit || (padding > 0 && !pads) || digits + padding == 4)
			return -1;
		bits = bits << 6 | (uint32_t)(digit - base64_digits);
		digits += !pads;
		padding += pads;
		if (digits + padding < 4)
			continue;
		if ((bits & ((1u << (8 * padding)) - 1)) != 0)
			return -1;
		for (unsigned int i = 0; i < 3 - padding; i++)
			bytes[length++] = (char)(unsigned char)(bits >> (16 - 8 * i));
		bits = 0;
		digits = padding > 0 ? digits : 0;
	}
	return digits + padding == 4 || digits == 0 ? length : -1;
}

int base64_decode(const char *text, char **out, size_t *length, size_t *position)
{
	size_t size = strlen(text) / 4 * 3 + 4;
	char *bytes = memory_checked(malloc(size));

	if (!bytes)
		return -ENOMEM;
	ssize_t decoded = base64_decode_groups(text, bytes, position);
	if (decoded < 0) {
		/* The bytes may be part of a key. */
		explicit_bzero(bytes, size);
		free(bytes);
		return -EINVAL;
	}
	bytes[decoded] = '\0';
	*out = bytes;
	*length = (size_t)decoded;
	return 0;
}

char *base64_encode(const char *bytes, size_t length)
{
	char *text = memory_checked(malloc((length + 2) / 3 * 4 + 1));
	char *at = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < length; i += 3) {
		size_t count = length - i < 3 ? length - i : 3;
		uint32_t bits = 0;
		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 | (j < count ? (unsigned char)bytes[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			*at++ = j <= count ? base64_digits[bits >> (18 - 6 * j) & 63] : '=';
	}
	*at = '\0';
	return text;
}
