/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/yaml_json.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/text.h"

/* The length of \uXXXX. */
#define ESCAPE_LENGTH 6

/* Returns the length of a JSON string with its quotes; 0: the line has no closing quote. */
static size_t yaml_json_string_length(const char *text, size_t length)
{
	for (size_t i = 1; i < length && text[i] != '\n'; i++) {
		if (text[i] == '"')
			return i + 1;
		i += text[i] == '\\';
	}
	return 0;
}

size_t yaml_json_length(const char *text, size_t length)
{
	size_t depth = 0;

	if (length == 0 || text[0] != '{')
		return 0;
	for (size_t i = 0; i < length;) {
		char c = text[i];
		size_t used = c == '"' ? yaml_json_string_length(text + i, length - i) : 1;
		if (used == 0 || c == '\0' || !strchr("{}[],: \t\r\n\"+-.0123456789eEtrufalsn", c))
			return 0;
		i += used;
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		if (depth == 0)
			return i;
	}
	return 0;
}

/* Reads \uXXXX. Returns false if the text does not begin with such an escape. */
static bool yaml_json_unescape(const char *text, size_t length, uint32_t *value)
{
	*value = 0;
	if (length < ESCAPE_LENGTH || text[0] != '\\' || text[1] != 'u')
		return false;
	for (size_t i = 2; i < ESCAPE_LENGTH; i++) {
		static const char digits[] = "0123456789abcdefABCDEF";
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
		if (!digit)
			return false;
		size_t place = (size_t)(digit - digits);
		*value = *value << 4 | (uint32_t)(place > 15 ? place - 6 : place);
	}
	return true;
}

size_t yaml_json_join_surrogates(const char *text, size_t length, char *out)
{
	size_t written = 0;

	for (size_t i = 0; i < length;) {
		uint32_t high;
		uint32_t low;
		if (text[i] != '\\' || !yaml_json_unescape(text + i, length - i, &high) ||
		    high < 0xd800 || high > 0xdfff) {
			/* Copy both characters of an escape, so that the second does not start
			 * another escape. */
			size_t used = text[i] == '\\' && i + 1 < length ? 2 : 1;
			memcpy(out + written, text + i, used);
			written += used;
			i += used;
			continue;
		}
		i += ESCAPE_LENGTH;
		if (high < 0xdc00 && yaml_json_unescape(text + i, length - i, &low) &&
		    low >= 0xdc00 && low <= 0xdfff) {
			uint32_t point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
			written += text_encode(point, out + written);
			i += ESCAPE_LENGTH;
		} else {
			memcpy(out + written, "\xef\xbf\xbd", 3);
			written += 3;
		}
	}
	return written;
}
