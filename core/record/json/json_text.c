/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/json/json_text.h"

#include <stdbool.h>

#include "core/base/text.h"

static const char digit_pairs[] = "00010203040506070809"
				  "10111213141516171819"
				  "20212223242526272829"
				  "30313233343536373839"
				  "40414243444546474849"
				  "50515253545556575859"
				  "60616263646566676869"
				  "70717273747576777879"
				  "80818283848586878889"
				  "90919293949596979899";

/* Returns the number of decimal digits. Multiplies the number of bits by log10(2), and corrects the
 * result by one comparison. */
static inline size_t json_text_count_digits(uint64_t value)
{
	/* clang-format off */
	static const uint64_t powers[] = {
		0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
		10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
		1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
		10000000000000000000u,
	};
	/* clang-format on */
	size_t low = (size_t)(64 - __builtin_clzll(value | 1)) * 1233 >> 12;

	return low + (value >= powers[low]);
}

char *json_text_put_u64(char *at, uint64_t value)
{
	char *end = at + json_text_count_digits(value);

	at = end;
	while (value > UINT32_MAX) {
		at -= 2;
		memcpy(at, digit_pairs + 2 * (value % 100), 2);
		value /= 100;
	}
	uint32_t rest = (uint32_t)value;
	for (; rest >= 100; rest /= 100) {
		at -= 2;
		memcpy(at, digit_pairs + (size_t)2 * (rest % 100), 2);
	}
	if (rest >= 10)
		memcpy(at - 2, digit_pairs + (size_t)2 * rest, 2);
	else
		at[-1] = (char)('0' + rest);
	return end;
}

char *json_text_put_hex(char *at, uint64_t value, size_t count)
{
	for (size_t i = count; i > 0; i--, value >>= 4)
		at[i - 1] = "0123456789abcdef"[value & 15];
	return at + count;
}

/* Returns true if eight bytes are printable ASCII without quotes and backslashes. */
static inline bool json_text_is_plain_word(uint64_t word)
{
	const uint64_t ones = 0x0101010101010101u;
	const uint64_t tops = 0x8080808080808080u;
	uint64_t quote = word ^ ones * '"';
	uint64_t backslash = word ^ ones * '\\';
	uint64_t del = word ^ ones * 0x7f;

	/* The top bit of a byte that is not ASCII is set. XOR turns quotes, backslashes and DEL
	 * into zero bytes. Subtracting 1 sets the top bit of a zero byte. Subtracting 0x20 sets the
	 * top bit of a control character. Only such bytes borrow from the next byte, so if a borrow
	 * sets a top bit, the word is not plain anyway. */
	return ((word | (word - ones * 0x20) | (quote - ones) | (backslash - ones) | (del - ones)) &
		tops) == 0;
}

/* Above U+FFFF, JSON escapes a code point as two surrogates (RFC 8259, section 7). */
static char *json_text_put_escaped_code(char *at, uint32_t code)
{
	if (code > 0xffff) {
		at = json_text_put_escaped_code(at, 0xd800 + ((code - 0x10000) >> 10));
		code = 0xdc00 + (code & 0x3ff);
	}
	return json_text_put_hex(JSON_TEXT_PUT(at, "\\u"), code, 4);
}

static char *json_text_put_ascii(char *at, unsigned char byte)
{
	static const char short_escapes[] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
	};

	if (byte == '"' || byte == '\\') {
		*at++ = '\\';
		*at++ = (char)byte;
	} else if (byte >= 0x20 && byte != 0x7f) {
		*at++ = (char)byte;
	} else if (byte < sizeof(short_escapes) && short_escapes[byte] != '\0') {
		*at++ = '\\';
		*at++ = short_escapes[byte];
	} else {
		at = json_text_put_escaped_code(at, byte);
	}
	return at;
}

char *json_text_put_string(char *at, const char *text, size_t length)
{
	const char *end = text + length;

	*at++ = '"';
	while (text < end) {
		uint64_t word;
		uint32_t code = 0;

		if (length >= sizeof(word)) {
			/* The last word may overlap bytes that are already written. If the word is
			 * plain, none of them was escaped, so writing them again changes
			 * nothing. */
			size_t left = (size_t)(end - text);
			size_t step = left < sizeof(word) ? left : sizeof(word);
			memcpy(&word, text + step - sizeof(word), sizeof(word));
			if (json_text_is_plain_word(word)) {
				memcpy(at + step - sizeof(word), &word, sizeof(word));
				at += step;
				text += step;
				continue;
			}
		}
		if ((unsigned char)*text < 0x80) {
			at = json_text_put_ascii(at, (unsigned char)*text++);
			continue;
		}
		size_t bytes = text_decode(text, &code);
		if (bytes == 0) {
			at = JSON_TEXT_PUT(at, "\xef\xbf\xbd");
			text++;
		} else {
			if (!text_is_shown(code))
				at = json_text_put_escaped_code(at, code);
			else
				at = json_text_put_bytes(at, text, bytes);
			text += bytes;
		}
	}
	*at++ = '"';
	return at;
}
