/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"

#define NS_PER_DAY (86400 * NS_PER_SECOND)
#define MAX_NS     (36525 * NS_PER_DAY)

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{"d", NS_PER_DAY},    {"h", 3600 * NS_PER_SECOND}, {"m", 60 * NS_PER_SECOND},
	{"s", NS_PER_SECOND}, {"ms", NS_PER_MILLISECOND},
};
#define UNIT_COUNT ARRAY_LENGTH(units)

/* Returns the index of the unit at `text`; UNIT_COUNT: no such unit. */
static size_t duration_unit_at(const char *text, size_t length)
{
	size_t i = 0;
	while (i < UNIT_COUNT &&
	       !(strlen(units[i].name) == length && memcmp(units[i].name, text, length) == 0))
		i++;
	return i;
}

/* Reads a number with an optional fraction from *text to `end`, multiplies it by `unit_ns`, and
 * adds the product to *ns. Sets *text to `end`. Returns 0 or -EINVAL. */
static int duration_read_number(const char **text, const char *end, uint64_t unit_ns, uint64_t *ns)
{
	uint64_t whole = 0;
	uint64_t part = 0;
	uint64_t scale = unit_ns;
	const char *at = *text;

	for (; at < end && isdigit((unsigned char)*at); at++) {
		whole = whole * 10 + (uint64_t)(*at - '0');
		if (whole > MAX_NS)
			return -EINVAL;
	}
	if (at < end && *at == '.') {
		for (at++; at < end && isdigit((unsigned char)*at); at++) {
			scale /= 10;
			part += (uint64_t)(*at - '0') * scale;
		}
	}
	if (at != end || whole > MAX_NS / unit_ns)
		return -EINVAL;
	*ns += whole * unit_ns + part;
	*text = end;
	return 0;
}

int duration_parse(const char *text, uint64_t *ns)
{
	uint64_t total = 0;
	size_t next_unit = 0;

	if (!*text)
		return -EINVAL;
	while (*text) {
		size_t digits = strspn(text, "0123456789.");
		size_t letters = strspn(text + digits, "abcdefghijklmnopqrstuvwxyz");
		size_t unit = letters ? duration_unit_at(text + digits, letters) : 3;
		bool bare = letters == 0;

		if (!isdigit((unsigned char)text[0]) || unit == UNIT_COUNT || unit < next_unit)
			return -EINVAL;
		/* A number without a unit means seconds, and must be the whole text. */
		if (bare && (next_unit > 0 || text[digits]))
			return -EINVAL;
		if (duration_read_number(&text, text + digits, units[unit].ns, &total))
			return -EINVAL;
		text += letters;
		next_unit = unit + 1;
	}
	if (total == 0 || total > MAX_NS)
		return -EINVAL;
	*ns = total;
	return 0;
}
