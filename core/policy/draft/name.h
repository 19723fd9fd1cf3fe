/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of policies: valid, and the same for one workload in every draft.
 *
 * A workload with an owner is called after it ("web"), pods without an owner after their labels
 * ("mypod"). Where another workload of the namespace, or an existing policy of other pods, has that
 * name, its kind follows ("web-deployment"), so that none takes another's place in the cluster. A
 * hash of the workload follows where that does not help, and where the name had to be changed or
 * cut.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_NAME_H
#define POLECAT_CORE_POLICY_DRAFT_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/draft/group.h"

/* Below the API's 253, so that NAME.yaml is a file name too. */
#define NAME_MAX_LENGTH 240
#define NAME_SIZE       (NAME_MAX_LENGTH + 1)

/* The parts of a name: each level is needed where the one before it is another policy's. */
enum name_level {
	NAME_PLAIN = 0,
	NAME_WITH_KIND,
	NAME_WITH_HASH,
};

/* Makes the name of a workload. Returns its length. */
size_t name_make(const struct group *group, enum name_level level, char out[NAME_SIZE]);

/* Returns false if the workload's plain name is certainly another one. Quick, for a search through
 * all. */
bool name_may_be(const struct group *group, const char *name, size_t length);

/* The values of a template's fields, which have their names: {name} is the policy's default name,
 * {workload} its plain name, {kind} that of its owner in lower case, "pod" without an owner. */
struct name_values {
	const char *name;
	const char *namespace_name;
	const char *workload;
	const char *kind;
};

/* Returns true if names can be made by the template: beside fields, it has to fit a DNS subdomain.
 */
bool name_template_is_valid(const char *name_template);

enum name_sharing {
	NAME_NOT_SHARED = 0,
	NAME_SHARED,       /* another policy of the namespace has the same expansion */
	NAME_SHARED_STILL, /* and the same one with NAME_SHARED */
};

/*
 * Expands a template. A shared expansion has the default name instead of {workload}, or at its end
 * if it has no field that names the workload. A hash of the default name ends a name that is too
 * long, or shared still. Returns its length.
 */
size_t name_expand(const char *name_template, const struct name_values *values,
		   enum name_sharing sharing, char out[NAME_SIZE]);

/* Makes any text a valid label value of at most 63 characters; never empty. For placeholders. */
#define NAME_LABEL_SIZE 64
void name_label_value(struct group_text text, char out[NAME_LABEL_SIZE]);

/* Writes the kind of the workload's owner as one word in lower case, "pod" without an owner. */
void name_kind(const struct group *group, char out[NAME_LABEL_SIZE]);

#endif
