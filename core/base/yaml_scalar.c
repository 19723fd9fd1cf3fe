/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"

#define DIGITS "0123456789"

/* Plain scalars with a type other than text. None is longer than YAML_SCALAR_WORD_MAX. */
#define YAML_SCALAR_WORD_MAX 5
static const struct {
	const char *text;
	enum yaml_type type;
	int64_t value;
} yaml_scalar_words[] = {
	{"", YAML_NULL, 0},         {"~", YAML_NULL, 0},        {"null", YAML_NULL, 0},
	{"Null", YAML_NULL, 0},     {"NULL", YAML_NULL, 0},     {"y", YAML_BOOLEAN, 1},
	{"Y", YAML_BOOLEAN, 1},     {"yes", YAML_BOOLEAN, 1},   {"Yes", YAML_BOOLEAN, 1},
	{"YES", YAML_BOOLEAN, 1},   {"true", YAML_BOOLEAN, 1},  {"True", YAML_BOOLEAN, 1},
	{"TRUE", YAML_BOOLEAN, 1},  {"on", YAML_BOOLEAN, 1},    {"On", YAML_BOOLEAN, 1},
	{"ON", YAML_BOOLEAN, 1},    {"n", YAML_BOOLEAN, 0},     {"N", YAML_BOOLEAN, 0},
	{"no", YAML_BOOLEAN, 0},    {"No", YAML_BOOLEAN, 0},    {"NO", YAML_BOOLEAN, 0},
	{"false", YAML_BOOLEAN, 0}, {"False", YAML_BOOLEAN, 0}, {"FALSE", YAML_BOOLEAN, 0},
	{"off", YAML_BOOLEAN, 0},   {"Off", YAML_BOOLEAN, 0},   {"OFF", YAML_BOOLEAN, 0},
	{".nan", YAML_FLOAT, 0},    {".NaN", YAML_FLOAT, 0},    {".NAN", YAML_FLOAT, 0},
	{".inf", YAML_FLOAT, 0},    {".Inf", YAML_FLOAT, 0},    {".INF", YAML_FLOAT, 0},
	{"+.inf", YAML_FLOAT, 0},   {"+.Inf", YAML_FLOAT, 0},   {"+.INF", YAML_FLOAT, 0},
	{"-.inf", YAML_FLOAT, 0},   {"-.Inf", YAML_FLOAT, 0},   {"-.INF", YAML_FLOAT, 0},
};

/* Parses an integer in a base. Returns YAML_TEXT if a character is not a digit of the base. */
static enum yaml_type yaml_scalar_digits(const char *digits, int base, bool negative,
					 int64_t *integer)
{
	static const char all[] = "0123456789abcdefABCDEF";
	size_t usable = base == 16 ? sizeof(all) - 1 : (size_t)base;
	char accepted[sizeof(all)] = {0};

	memcpy(accepted, all, usable);
	if (digits[0] == '\0' || digits[strspn(digits, accepted)] != '\0')
		return YAML_TEXT;
	errno = 0;
	unsigned long long value = strtoull(digits, NULL, base);
	if (errno == ERANGE || value >= 1000000000000000000ull)
		return YAML_FLOAT;
	*integer = negative ? -(int64_t)value : (int64_t)value;
	return YAML_INTEGER;
}

static enum yaml_type yaml_scalar_integer(const char *text, int64_t *integer)
{
	const char *digits = text + (text[0] == '-' || text[0] == '+');
	bool negative = text[0] == '-';

	if (digits[0] != '0' || digits[1] == '\0')
		return yaml_scalar_digits(digits, 10, negative, integer);
	switch (digits[1]) {
	case 'x':
	case 'X':
		return yaml_scalar_digits(digits + 2, 16, negative, integer);
	case 'o':
	case 'O':
		return yaml_scalar_digits(digits + 2, 8, negative, integer);
	case 'b':
	case 'B':
		return yaml_scalar_digits(digits + 2, 2, negative, integer);
	default:
		return yaml_scalar_digits(digits + 1, 8, negative, integer);
	}
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static enum yaml_type yaml_scalar_float(const char *text, int64_t *integer)
{
	const char *at = text + (text[0] == '-' || text[0] == '+');
	size_t whole = strspn(at, DIGITS);

	at += whole;
	if (*at == '.') {
		size_t fraction = strspn(at + 1, DIGITS);
		if (whole + fraction == 0)
			return YAML_TEXT;
		at += 1 + fraction;
	} else if (whole == 0) {
		return YAML_TEXT;
	}
	if (*at == 'e' || *at == 'E') {
		at += 1 + (at[1] == '-' || at[1] == '+');
		size_t exponent = strspn(at, DIGITS);
		if (exponent == 0)
			return YAML_TEXT;
		at += exponent;
	}
	if (*at != '\0')
		return YAML_TEXT;
	double value = strtod(text, NULL);
	if (!(fabs(value) < 1e15) || value != floor(value))
		return YAML_FLOAT;
	*integer = (int64_t)value;
	return YAML_INTEGER;
}

enum yaml_type yaml_scalar_type(const char *text, int64_t *integer)
{
	char plain[64];
	size_t length = 0;
	/* Most plain scalars are names, which neither begin nor end like the words. */
	bool may_be_word = text[0] == '\0' ||
			   (strchr("~nNyYtToOfF.+-", text[0]) &&
			    strnlen(text, YAML_SCALAR_WORD_MAX + 1) <= YAML_SCALAR_WORD_MAX);

	for (size_t i = 0; may_be_word && i < ARRAY_LENGTH(yaml_scalar_words); i++) {
		/* Most texts differ in the first character. */
		if (text[0] == yaml_scalar_words[i].text[0] &&
		    strcmp(text, yaml_scalar_words[i].text) == 0) {
			*integer = yaml_scalar_words[i].value;
			return yaml_scalar_words[i].type;
		}
	}
	if (text[0] == '.')
		return yaml_scalar_float(text, integer);
	if (!strchr("+-" DIGITS, text[0]))
		return YAML_TEXT;
	/* Numbers may have underscores anywhere. A number longer than the buffer counts as a
	 * float. */
	for (const char *at = text; *at; at++) {
		if (*at == '_')
			continue;
		if (length == sizeof(plain) - 1)
			return text[strspn(text, "+-_." DIGITS)] ? YAML_TEXT : YAML_FLOAT;
		plain[length++] = *at;
	}
	plain[length] = '\0';
	enum yaml_type type = yaml_scalar_integer(plain, integer);
	return type == YAML_TEXT ? yaml_scalar_float(plain, integer) : type;
}

bool yaml_scalar_apply_tag(const char *tag, const char *text, bool *plain)
{
	static const char core[] = "tag:yaml.org,2002:";
	static const struct {
		const char *name;
		enum yaml_type type;
	} types[] = {
		{"int", YAML_INTEGER},
		{"float", YAML_FLOAT},
		{"bool", YAML_BOOLEAN},
		{"null", YAML_NULL},
	};
	int64_t integer;

	*plain = false;
	if (strncmp(tag, core, sizeof(core) - 1) != 0)
		return true;
	const char *name = tag + sizeof(core) - 1;
	for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
		if (strcmp(name, types[i].name) != 0)
			continue;
		enum yaml_type type = yaml_scalar_type(text, &integer);
		*plain = true;
		return type == types[i].type ||
		       (types[i].type == YAML_FLOAT && type == YAML_INTEGER);
	}
	return true;
}
