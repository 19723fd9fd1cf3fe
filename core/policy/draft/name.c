/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/name.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/policy/netpol/syntax.h"

/* The length of "-" and eight hexadecimal digits. */
#define HASH_SUFFIX_LENGTH 9
#define NAME_FALLBACK      "workload"
#define NAME_KIND_POD      "pod"

/* Converts ASCII to lower case. Other characters are replaced later. */
static char name_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool name_is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* A name while it is made. */
struct name_draft {
	char *text;    /* NAME_SIZE bytes; name_end sets the NUL */
	size_t length; /* at most NAME_MAX_LENGTH */
	bool changed;  /* characters were replaced or cut, so different names may become equal */
};

/* Makes the name a DNS subdomain, in place: converts letters to lower case, puts `-` in place of
 * each other invalid character, and strips `-` and `.` from both ends. */
static void name_make_subdomain(struct name_draft *name)
{
	char *text = name->text;
	size_t length = name->length;
	size_t start = 0;

	for (size_t i = 0; i < length; i++) {
		bool inner = i > 0 && i + 1 < length;
		bool dot = text[i] == '.' && inner && name_is_alphanumeric(text[i - 1]) &&
			   name_is_alphanumeric(name_lower(text[i + 1]));
		if (name_is_alphanumeric(text[i]) || text[i] == '-' || dot)
			continue;
		name->changed = true;
		text[i] = name_is_alphanumeric(name_lower(text[i])) ? name_lower(text[i]) : '-';
	}
	while (start < length && !name_is_alphanumeric(text[start]))
		start++;
	while (length > start && !name_is_alphanumeric(text[length - 1]))
		length--;
	length -= start;
	name->changed |= length != name->length;
	memmove(text, text + start, length);
	name->length = length;
}

/* Appends as much as fits. A name that is cut counts as changed. */
static void name_append(struct name_draft *name, const char *text, size_t length)
{
	size_t room = NAME_MAX_LENGTH - name->length;

	if (length > room) {
		name->changed = true;
		length = room;
	}
	memcpy(name->text + name->length, text, length);
	name->length += length;
}

static size_t name_end(struct name_draft *name)
{
	name->text[name->length] = '\0';
	return name->length;
}

/* Ends the name with "-" and eight digits of a hash. Returns the whole length. */
static size_t name_end_with_hash(struct name_draft *name, uint64_t hash)
{
	char suffix[HASH_SUFFIX_LENGTH + 1];

	if (name->length > NAME_MAX_LENGTH - HASH_SUFFIX_LENGTH)
		name->length = NAME_MAX_LENGTH - HASH_SUFFIX_LENGTH;
	while (name->length > 0 && !name_is_alphanumeric(name->text[name->length - 1]))
		name->length--;
	snprintf(suffix, sizeof(suffix), "-%08" PRIx32, (uint32_t)hash);
	name_append(name, suffix, HASH_SUFFIX_LENGTH);
	return name_end(name);
}

/* Names a pod without an owner after its labels. The name is the value of the naming label ("web").
 * If the value alone is not a name, the label's key comes before it ("role-client" for
 * role=client). If the name of the release is different, it comes last ("web-blue"). */
static void name_append_labels(struct name_draft *name, const struct pod_record *pod)
{
	bool conventional;
	const struct label *label = group_naming_label(pod, &conventional);
	const char *release = labels_get(&pod->labels, "app.kubernetes.io/instance");
	const char *parts[3] = {0};

	if (label && !conventional) {
		const char *slash = strchr(label->key, '/');
		parts[0] = slash ? slash + 1 : label->key;
	}
	parts[1] = label ? label->value : NAME_FALLBACK;
	/* Two releases of one chart share all naming labels except this one. */
	if (release && label && strcmp(release, label->value) != 0)
		parts[2] = release;
	for (size_t i = 0; i < 3; i++) {
		if (!parts[i] || parts[i][0] == '\0')
			continue;
		if (name->length > 0)
			name_append(name, "-", 1);
		name_append(name, parts[i], strlen(parts[i]));
	}
}

void name_kind(const struct group *group, char out[NAME_LABEL_SIZE])
{
	const char *kind = group->kind ? group->kind : NAME_KIND_POD;
	size_t length = 0;

	for (; length < NAME_LABEL_SIZE - 1 && kind[length]; length++) {
		char c = name_lower(kind[length]);
		/* Avoid "-", which separates the kind from the rest of the name. */
		out[length] = name_is_alphanumeric(c) ? c : 'x';
	}
	out[length] = '\0';
}

static void name_append_kind(struct name_draft *name, const struct group *group)
{
	char kind[NAME_LABEL_SIZE];

	name_kind(group, kind);
	name_append(name, "-", 1);
	name_append(name, kind, strlen(kind));
}

size_t name_make(const struct group *group, enum name_level level, char out[NAME_SIZE])
{
	struct name_draft name = {.text = out, .changed = level == NAME_WITH_HASH};

	if (group->kind)
		name_append(&name, group->name.text, group->name.length);
	else
		name_append_labels(&name, group->pod);
	name_make_subdomain(&name);
	if (name.length == 0) {
		name.changed = true;
		name_append(&name, NAME_FALLBACK, strlen(NAME_FALLBACK));
	}
	/* Pods without an owner all have the same kind, so it would not distinguish them. */
	if (level == NAME_WITH_KIND || (level == NAME_WITH_HASH && group->kind))
		name_append_kind(&name, group);
	return name.changed ? name_end_with_hash(&name, group_hash(group)) : name_end(&name);
}

/* Returns true if the name ends with "-" and eight hexadecimal digits. */
static bool name_looks_hashed(const char *name, size_t length)
{
	const char *suffix = name + length - HASH_SUFFIX_LENGTH;

	return length > HASH_SUFFIX_LENGTH && suffix[0] == '-' &&
	       strspn(suffix + 1, "0123456789abcdef") == HASH_SUFFIX_LENGTH - 1;
}

bool name_may_be(const struct group *group, const char *name, size_t length)
{
	/* The plain name of a workload with an owner is the owner's name. It ends with a hash if
	 * the owner's name had to be changed or cut. */
	return !group->kind || group->name.length == 0 || name_looks_hashed(name, length) ||
	       (group->name.length == length && group->name.text[0] == name[0]);
}

void name_label_value(struct group_text text, char out[NAME_LABEL_SIZE])
{
	char buffer[NAME_SIZE] = "";
	struct name_draft name = {.text = buffer};

	name_append(&name, text.text,
		    text.length < NAME_LABEL_SIZE ? text.length : NAME_LABEL_SIZE - 1);
	name_make_subdomain(&name);
	if (name.length == 0)
		name_append(&name, NAME_FALLBACK, strlen(NAME_FALLBACK));
	memcpy(out, buffer, name_end(&name) + 1);
}

/* --- names from a template of the user --- */

/* The fields of a template. */
static const struct name_field {
	const char *text;
	size_t offset; /* of the value in struct name_values */
} name_fields[] = {
	{"{name}", offsetof(struct name_values, name)},
	{"{namespace}", offsetof(struct name_values, namespace_name)},
	{"{workload}", offsetof(struct name_values, workload)},
	{"{kind}", offsetof(struct name_values, kind)},
};

static const struct name_field *name_find_field(const char *text)
{
	for (size_t i = 0; i < ARRAY_LENGTH(name_fields); i++) {
		if (strncmp(text, name_fields[i].text, strlen(name_fields[i].text)) == 0)
			return &name_fields[i];
	}
	return NULL;
}

/* Appends the expanded template. Returns false if a brace belongs to no field. */
static bool name_append_template(struct name_draft *draft, const char *name_template,
				 const struct name_values *values)
{
	for (const char *c = name_template; *c;) {
		const struct name_field *field = name_find_field(c);
		if (field) {
			const char *value;
			memcpy(&value, (const char *)values + field->offset, sizeof(value));
			name_append(draft, value, strlen(value));
			c += strlen(field->text);
		} else if (*c == '{' || *c == '}') {
			return false;
		} else {
			name_append(draft, c++, 1);
		}
	}
	return true;
}

bool name_template_is_valid(const char *name_template)
{
	char text[NAME_SIZE];
	struct name_draft name = {.text = text};

	return name_append_template(&name, name_template,
				    &(struct name_values){"x", "x", "x", "x"}) &&
	       name_end(&name) <= NAME_MAX_LENGTH - HASH_SUFFIX_LENGTH &&
	       syntax_is_dns_subdomain(text);
}

size_t name_expand(const char *name_template, const struct name_values *values,
		   enum name_sharing sharing, char out[NAME_SIZE])
{
	struct name_draft draft = {.text = out, .changed = sharing == NAME_SHARED_STILL};
	struct name_values own = *values;
	bool shared = sharing != NAME_NOT_SHARED;

	/* Use the default name for {workload}, too: it contains the workload's name, and is unique
	 * among the policies of the namespace. */
	if (shared)
		own.workload = values->name;
	name_append_template(&draft, name_template, &own);
	if (shared && !strstr(name_template, "{workload}") && !strstr(name_template, "{name}")) {
		name_append(&draft, "-", 1);
		name_append(&draft, own.name, strlen(own.name));
	}
	return draft.changed ? name_end_with_hash(&draft, hash_string(0, own.name))
			     : name_end(&draft);
}
