/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/syntax.h"

#include <stddef.h>
#include <string.h>

/* Does not use isalnum, which in some locales also accepts characters that are not ASCII. */
static bool syntax_is_lower_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool syntax_is_alphanumeric(char c)
{
	return syntax_is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/* Returns true if the text begins and ends with characters that `is_outer` accepts, and has only
 * such characters or those of `inner` in between. */
static bool syntax_is_name(const char *text, size_t length, bool (*is_outer)(char),
			   const char *inner)
{
	if (length == 0 || !is_outer(text[0]) || !is_outer(text[length - 1]))
		return false;
	for (size_t i = 1; i < length; i++) {
		if (!is_outer(text[i]) && !strchr(inner, text[i]))
			return false;
	}
	return true;
}

/* Checks the characters of one DNS label of `length` bytes, but not its length. Kubernetes limits a
 * name that is a single label to 63 bytes, but not the labels of a subdomain. */
static bool syntax_is_dns_part(const char *text, size_t length)
{
	return syntax_is_name(text, length, syntax_is_lower_or_digit, "-");
}

bool syntax_is_dns_label(const char *text)
{
	size_t length = strlen(text);

	return length <= SYNTAX_LABEL_MAX && syntax_is_dns_part(text, length);
}

static bool syntax_is_dns_parts(const char *text, size_t length)
{
	if (length > SYNTAX_SUBDOMAIN_MAX)
		return false;
	for (;;) {
		const char *dot = memchr(text, '.', length);
		size_t part = dot ? (size_t)(dot - text) : length;
		if (!syntax_is_dns_part(text, part))
			return false;
		if (!dot)
			return true;
		text += part + 1;
		length -= part + 1;
	}
}

bool syntax_is_dns_subdomain(const char *text)
{
	return syntax_is_dns_parts(text, strlen(text));
}

/* Checks the form that label values and the name part of label keys share. */
static bool syntax_is_label_name(const char *text)
{
	size_t length = strlen(text);

	return length <= SYNTAX_LABEL_MAX &&
	       syntax_is_name(text, length, syntax_is_alphanumeric, "-_.");
}

bool syntax_is_label_key(const char *text)
{
	const char *slash = strchr(text, '/');

	if (!slash)
		return syntax_is_label_name(text);
	return syntax_is_dns_parts(text, (size_t)(slash - text)) && syntax_is_label_name(slash + 1);
}

bool syntax_is_annotation_key(const char *text)
{
	char lower[SYNTAX_SUBDOMAIN_MAX + SYNTAX_LABEL_MAX + 2];
	size_t length = strlen(text);

	if (length >= sizeof(lower))
		return false;
	for (size_t i = 0; i <= length; i++)
		lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
	return syntax_is_label_key(lower);
}

bool syntax_is_label_value(const char *text)
{
	return text[0] == '\0' || syntax_is_label_name(text);
}

bool syntax_is_port_name(const char *text)
{
	size_t length = strlen(text);

	return length <= 15 && syntax_is_dns_part(text, length) && !strstr(text, "--") &&
	       strpbrk(text, "abcdefghijklmnopqrstuvwxyz");
}
