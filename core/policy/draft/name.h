/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of policies: valid, and the same for one workload in every draft.
 *
 * The plain name of a workload is that of its owner ("web"), or comes from its labels if it has no
 * owner ("mypod"). The kind of the owner is added ("web-deployment") if another workload of the
 * namespace has the same plain name, or if an existing policy with this name selects other pods.
 * Without the kind, one policy would replace the other in the cluster. If the name with the kind is
 * not unique either, or if characters of the name had to be replaced or cut, a hash of the workload
 * is added.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_NAME_H
#define POLECAT_CORE_POLICY_DRAFT_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/draft/group.h"

/* Less than the API's limit of 253, so that NAME.yaml is also a file name. */
#define NAME_MAX_LENGTH 240
#define NAME_SIZE       (NAME_MAX_LENGTH + 1)

/* The levels of a name, each with one more part than the level before. A policy gets a higher level
 * if another policy has its name. */
enum name_level {
	NAME_PLAIN = 0,
	NAME_WITH_KIND,
	NAME_WITH_HASH,
};

/* Makes the name of a workload. Returns its length. */
size_t name_make(const struct group *group, enum name_level level, char out[NAME_SIZE]);

/* Checks quickly, before name_make, whether the workload's plain name can be `name`. May return
 * true for another name, but never returns false for the same name. */
bool name_may_be(const struct group *group, const char *name, size_t length);

/* The values of a template's fields: {name} is the policy's default name, {workload} the plain name
 * of its workload, and {kind} the kind of the workload's owner in lower case, or "pod" without an
 * owner. */
struct name_values {
	const char *name;
	const char *namespace_name;
	const char *workload;
	const char *kind;
};

/* Returns true if the template makes valid names: its text outside of fields must fit a DNS
 * subdomain. */
bool name_template_is_valid(const char *name_template);

enum name_sharing {
	NAME_NOT_SHARED = 0,
	NAME_SHARED,       /* another policy of the namespace has the same expansion */
	NAME_SHARED_STILL, /* another policy also has the name that NAME_SHARED gives */
};

/*
 * Expands a template. If another policy has the same expansion, the default name replaces
 * {workload}, or is appended if the template has neither {workload} nor {name}. If the result is
 * too long, or another policy has it, too, it ends with a hash of the default name. Returns the
 * length of the name.
 */
size_t name_expand(const char *name_template, const struct name_values *values,
		   enum name_sharing sharing, char out[NAME_SIZE]);

/* Makes any text a valid label value of 1 to 63 characters, for the selector of a draft whose
 * workload has no labels. */
#define NAME_LABEL_SIZE 64
void name_label_value(struct group_text text, char out[NAME_LABEL_SIZE]);

/*
 * Writes the kind of the workload's owner as one word in lower case, or "pod" if it has no owner.
 */
void name_kind(const struct group *group, char out[NAME_LABEL_SIZE]);

#endif
