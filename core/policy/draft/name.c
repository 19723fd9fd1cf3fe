/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/policy/netpol/syntax.h"

/* "-" and eight hexadecimal digits. */
#define HASH_SUFFIX_LENGTH 9
#define NAME_FALLBACK      "workload"

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
	bool changed;  /* another workload's name could become the same text */
};

/* Replaces all that a DNS subdomain must not contain by `-`, and strips its ends, in place. */
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

/* Appends as much as there is room for. A name that is cut counts as changed. */
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

/* Appends the labels of a pod without an owner: "web", "web-blue" for a release, "role-client" for
 * role=client. */
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

static void name_append_kind(struct name_draft *name, const char *kind)
{
	name_append(name, "-", 1);
	for (size_t i = 0; i < NAME_LABEL_SIZE - 1 && kind[i]; i++) {
		char c = name_lower(kind[i]);
		/* A kind is one word. Otherwise its beginning would not be clear. */
		name->changed |= !name_is_alphanumeric(c);
		name_append(name, &c, 1);
	}
	name_make_subdomain(name);
}

size_t name_final(const struct group *group, bool shared, char out[NAME_SIZE])
{
	struct name_draft name = {.text = out, .changed = shared};

	if (group->kind)
		name_append(&name, group->name.text, group->name.length);
	else
		name_append_labels(&name, group->pod);
	name_make_subdomain(&name);
	if (group->kind && group->pod)
		name_append_kind(&name, group->kind);
	if (name.length == 0) {
		name.changed = true;
		name_append(&name, NAME_FALLBACK, strlen(NAME_FALLBACK));
	}
	return name.changed ? name_end_with_hash(&name, group_hash(group)) : name_end(&name);
}

/* Returns true if the name ends as with a hash. */
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
	/* Without a hash the name is the owner's unchanged name, a dash and the kind. */
	return group->name.text[0] == base[0] &&
	       group->name.length + 1 + strlen(group->kind) == length;
}

size_t name_base(const struct group *group, char out[NAME_SIZE])
{
	return name_final(group, false, out);
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

/* --- names that a user chose --- */

#define NAME_FIELD      "{name}"
#define NAMESPACE_FIELD "{namespace}"

/* Appends the text that the template makes. Returns false if a brace belongs to no field. */
static bool name_append_template(struct name_draft *draft, const char *name_template,
				 const char *name, const char *namespace_name)
{
	for (const char *c = name_template; *c;) {
		if (strncmp(c, NAME_FIELD, strlen(NAME_FIELD)) == 0) {
			name_append(draft, name, strlen(name));
			c += strlen(NAME_FIELD);
		} else if (strncmp(c, NAMESPACE_FIELD, strlen(NAMESPACE_FIELD)) == 0) {
			name_append(draft, namespace_name, strlen(namespace_name));
			c += strlen(NAMESPACE_FIELD);
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

	return name_append_template(&name, name_template, "x", "x") &&
	       name_end(&name) <= NAME_MAX_LENGTH - HASH_SUFFIX_LENGTH &&
	       syntax_is_dns_subdomain(text);
}

bool name_template_has_name(const char *name_template)
{
	return strstr(name_template, NAME_FIELD) != NULL;
}

size_t name_expand(const char *name_template, const char *name, const char *namespace_name,
		   bool shared, char out[NAME_SIZE])
{
	struct name_draft draft = {.text = out};

	name_append_template(&draft, name_template, name, namespace_name);
	if (shared) {
		name_append(&draft, "-", 1);
		name_append(&draft, name, strlen(name));
	}
	return draft.changed ? name_end_with_hash(&draft, hash_string(0, name)) : name_end(&draft);
}
