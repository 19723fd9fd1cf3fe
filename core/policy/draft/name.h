/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of policies: valid, and the same for one workload in every draft.
 *
 * The plain name of a workload is that of its owner ("web"), or comes from its labels if it has no
 * owner ("mypod"). If another workload of the namespace, or an existing policy of other pods, has
 * that name, the kind follows ("web-deployment"), so that no policy replaces another one in the
 * cluster. If that name is shared, too, or the name had to be changed or cut, a hash of the
 * workload follows.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_NAME_H
#define POLECAT_CORE_POLICY_DRAFT_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/draft/group.h"

/* Less than the API's limit of 253, so that NAME.yaml is also a file name. */
#define NAME_MAX_LENGTH 240
#define NAME_SIZE       (NAME_MAX_LENGTH + 1)

/* The parts of a name. A level is needed if another policy has the name of the level before. */
enum name_level {
	NAME_PLAIN = 0,
	NAME_WITH_KIND,
	NAME_WITH_HASH,
};

/* Makes the name of a workload. Returns its length. */
size_t name_make(const struct group *group, enum name_level level, char out[NAME_SIZE]);

/* Returns false if the workload's plain name certainly differs. Quick, since it is called for all
 * workloads. */
bool name_may_be(const struct group *group, const char *name, size_t length);

/*
 * The values of a template's fields, which have the same names. {name} is the policy's default
 * name, {workload} its plain name, and {kind} the kind of its owner in lower case, or "pod" without
 * an owner.
 */
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
	NAME_SHARED_STILL, /* even the expansion with NAME_SHARED is the same */
};

/*
 * Expands a template. If the expansion is shared, the default name replaces {workload}, or follows
 * at the end if no field names the workload. A hash of the default name follows if the name is too
 * long, or still shared. Returns the length of the name.
 */
size_t name_expand(const char *name_template, const struct name_values *values,
		   enum name_sharing sharing, char out[NAME_SIZE]);

/* Makes any text a valid label value of at most 63 characters, never empty. For placeholders. */
#define NAME_LABEL_SIZE 64
void name_label_value(struct group_text text, char out[NAME_LABEL_SIZE]);

/* Writes the kind of the workload's owner as one word in lower case, "pod" without an owner. */
void name_kind(const struct group *group, char out[NAME_LABEL_SIZE]);

#endif
