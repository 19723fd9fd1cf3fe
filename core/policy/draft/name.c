/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/name.h"

#include <stdio.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/policy/netpol/syntax.h"

/* "-" and eight hexadecimal digits. */
#define HASH_SUFFIX_LENGTH 9
#define NAME_FALLBACK      "workload"

/* Lower case, for kinds: they are ASCII in any cluster, and what is not is replaced later. */
static char name_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool name_is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/*
 * Makes the bytes a DNS subdomain in place: what cannot stand where it is becomes `-`. Returns the
 * new length; *changed becomes true when two different texts could have become this one.
 */
static size_t name_make_subdomain(char *text, size_t length, bool *changed)
{
	size_t start = 0;

	for (size_t i = 0; i < length; i++) {
		bool inner = i > 0 && i + 1 < length;
		bool dot = text[i] == '.' && inner && name_is_alphanumeric(text[i - 1]) &&
			   name_is_alphanumeric(name_lower(text[i + 1]));
		if (name_is_alphanumeric(text[i]) || text[i] == '-' || dot)
			continue;
		*changed = true;
		text[i] = name_is_alphanumeric(name_lower(text[i])) ? name_lower(text[i]) : '-';
	}
	while (start < length && !name_is_alphanumeric(text[start]))
		start++;
	while (length > start && !name_is_alphanumeric(text[length - 1]))
		length--;
	if (start > 0)
		*changed = true;
	length -= start;
	memmove(text, text + start, length);
	return length;
}

static size_t name_append(char *out, size_t length, const char *text, size_t text_length)
{
	size_t room = NAME_MAX_LENGTH - length;

	if (text_length > room)
		text_length = room;
	memcpy(out + length, text, text_length);
	return length + text_length;
}

/* Pods without an owner are called after their labels: "web", "web-blue" for a release,
 * "role-client" for role=client. */
static size_t name_append_labels(const struct pod_record *pod, char *out, size_t *wanted)
{
	bool conventional;
	const struct label *label = group_naming_label(pod, &conventional);
	const char *release = labels_get(&pod->labels, "app.kubernetes.io/instance");
	const char *parts[3] = {0};
	size_t length = 0;

	if (label && !conventional) {
		const char *slash = strchr(label->key, '/');
		parts[0] = slash ? slash + 1 : label->key;
	}
	parts[1] = label ? label->value : NAME_FALLBACK;
	/* Two releases of one chart share all naming labels but this. */
	if (release && label && strcmp(release, label->value) != 0)
		parts[2] = release;
	*wanted = 0;
	for (size_t i = 0; i < 3; i++) {
		if (!parts[i] || parts[i][0] == '\0')
			continue;
		if (length > 0) {
			length = name_append(out, length, "-", 1);
			*wanted += 1;
		}
		length = name_append(out, length, parts[i], strlen(parts[i]));
		*wanted += strlen(parts[i]);
	}
	return length;
}

/* The readable part. *changed: it may be that of another workload too. */
static size_t name_make_readable(const struct group *group, char out[NAME_SIZE], bool *changed)
{
	size_t wanted;
	size_t length;

	if (group->kind) {
		length = name_append(out, 0, group->name.text, group->name.length);
		wanted = group->name.length;
	} else {
		length = name_append_labels(group->pod, out, &wanted);
	}
	*changed = false;
	size_t clean = name_make_subdomain(out, length, changed);
	*changed |= clean != length || wanted > length;
	length = clean;
	if (group->kind && group->pod) {
		char kind[NAME_LABEL_SIZE];
		size_t kind_length = 0;
		for (const char *c = group->kind; *c && kind_length < sizeof(kind) - 1; c++) {
			kind[kind_length++] = name_lower(*c);
			/* A kind is one word: else where it begins would not be clear. */
			*changed |= !name_is_alphanumeric(name_lower(*c));
		}
		wanted = length + 1 + kind_length;
		length = name_append(out, length, "-", 1);
		length = name_append(out, length, kind, kind_length);
		*changed |= wanted > length;
		clean = name_make_subdomain(out, length, changed);
		*changed |= clean != length;
		length = clean;
	}
	if (length == 0) {
		*changed = true;
		length = name_append(out, 0, NAME_FALLBACK, strlen(NAME_FALLBACK));
	}
	out[length] = '\0';
	return length;
}

size_t name_final(const struct group *group, bool shared, char out[NAME_SIZE])
{
	bool changed;
	size_t length = name_make_readable(group, out, &changed);

	if (!changed && !shared)
		return length;
	if (length > NAME_MAX_LENGTH - HASH_SUFFIX_LENGTH)
		length = NAME_MAX_LENGTH - HASH_SUFFIX_LENGTH;
	while (length > 0 && !name_is_alphanumeric(out[length - 1]))
		length--;
	int suffix = snprintf(out + length, NAME_SIZE - length, "-%08x",
			      (unsigned int)(group_hash(group) & 0xffffffffu));
	return length + (size_t)suffix;
}

/* Whether the name ends like one that a hash was added to. */
static bool name_looks_hashed(const char *name, size_t length)
{
	const char *suffix = name + length - HASH_SUFFIX_LENGTH;

	return length > HASH_SUFFIX_LENGTH && suffix[0] == '-' &&
	       strspn(suffix + 1, "0123456789abcdef") == HASH_SUFFIX_LENGTH - 1;
}

bool name_may_be(const struct group *group, const char *base, size_t length)
{
	if (!group->kind || !group->pod || group->name.length == 0 ||
	    name_looks_hashed(base, length))
		return true;
	/* Without a hash it is the owner's name as it is, a dash and the kind. */
	return group->name.text[0] == base[0] &&
	       group->name.length + 1 + strlen(group->kind) == length;
}

size_t name_base(const struct group *group, char out[NAME_SIZE])
{
	return name_final(group, false, out);
}

void name_label_value(struct group_text text, char out[NAME_LABEL_SIZE])
{
	bool changed = false;
	size_t length = text.length < NAME_LABEL_SIZE - 1 ? text.length : NAME_LABEL_SIZE - 1;

	memcpy(out, text.text, length);
	length = name_make_subdomain(out, length, &changed);
	if (length == 0) {
		length = strlen(NAME_FALLBACK);
		memcpy(out, NAME_FALLBACK, length);
	}
	out[length] = '\0';
}

/* --- names that a person chose --- */

#define NAME_FIELD      "{name}"
#define NAMESPACE_FIELD "{namespace}"

/*
 * Writes what the template makes, as far as there is room. Returns the length that it wants; 0
 * where a brace belongs to no field.
 */
static size_t name_fill_template(const char *name_template, const char *name,
				 const char *namespace_name, char out[NAME_SIZE])
{
	size_t length = 0;
	size_t wanted = 0;

	for (const char *c = name_template; *c;) {
		const char *text = c;
		size_t text_length = 1;
		if (strncmp(c, NAME_FIELD, strlen(NAME_FIELD)) == 0) {
			text = name;
			text_length = strlen(name);
			c += strlen(NAME_FIELD);
		} else if (strncmp(c, NAMESPACE_FIELD, strlen(NAMESPACE_FIELD)) == 0) {
			text = namespace_name;
			text_length = strlen(namespace_name);
			c += strlen(NAMESPACE_FIELD);
		} else if (*c == '{' || *c == '}') {
			return 0;
		} else {
			c++;
		}
		length = name_append(out, length, text, text_length);
		wanted += text_length;
	}
	out[length] = '\0';
	return wanted;
}

bool name_template_is_valid(const char *name_template)
{
	char name[NAME_SIZE];
	size_t wanted = name_fill_template(name_template, "x", "x", name);

	return wanted > 0 && wanted <= NAME_MAX_LENGTH - HASH_SUFFIX_LENGTH &&
	       syntax_is_dns_subdomain(name);
}

bool name_template_has_name(const char *name_template)
{
	return strstr(name_template, NAME_FIELD) != NULL;
}

size_t name_expand(const char *name_template, const char *name, const char *namespace_name,
		   bool shared, char out[NAME_SIZE])
{
	size_t wanted = name_fill_template(name_template, name, namespace_name, out);
	size_t length = strlen(out);

	if (shared) {
		length = name_append(out, length, "-", 1);
		length = name_append(out, length, name, strlen(name));
		wanted += 1 + strlen(name);
		out[length] = '\0';
	}
	if (wanted <= NAME_MAX_LENGTH)
		return length;
	length = NAME_MAX_LENGTH - HASH_SUFFIX_LENGTH;
	while (length > 0 && !name_is_alphanumeric(out[length - 1]))
		length--;
	int suffix = snprintf(out + length, NAME_SIZE - length, "-%08x",
			      (unsigned int)(hash_string(0, name) & 0xffffffffu));
	return length + (size_t)suffix;
}
