/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of policies: valid, and the same for one workload in every draft.
 *
 * A workload with an owner is called after it and its kind ("web-deployment"), so that two kinds of
 * one name never take each other's place in the cluster; pods without an owner after their labels
 * ("mypod"). A hash of the workload follows where the name had to be changed or cut, and where
 * another workload of the same namespace has the same name.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_NAME_H
#define POLECAT_CORE_POLICY_DRAFT_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/draft/group.h"

/* Below the API's 253, so that NAME.yaml is a file name too. */
#define NAME_MAX_LENGTH 240
#define NAME_SIZE       (NAME_MAX_LENGTH + 1)

/* Makes the name of a workload that shares it with no other one. Returns its length. */
size_t name_base(const struct group *group, char out[NAME_SIZE]);

/* Returns false if the workload certainly has another base name. Quick, for a search through all. */
bool name_may_be(const struct group *group, const char *base, size_t length);

/* Makes the name of a workload. `shared`: another workload of the namespace has the same base name.
 * Returns its length. */
size_t name_final(const struct group *group, bool shared, char out[NAME_SIZE]);

/*
 * Returns true if names can be made by the template: {name} stands for the policy's default name,
 * {namespace} for its namespace; the rest has to fit a DNS subdomain.
 */
bool name_template_is_valid(const char *name_template);

/* Returns true if the template contains {name}. */
bool name_template_has_name(const char *name_template);

/*
 * Expands a template with a policy's default name and the name of its namespace. `shared`: another
 * policy of the namespace would get the same name, so the default name follows. A hash of the
 * default name ends a name that is too long. Returns its length.
 */
size_t name_expand(const char *name_template, const char *name, const char *namespace_name,
		   bool shared, char out[NAME_SIZE]);

/* Makes any text a valid label value of at most 63 characters; never empty. For placeholders. */
#define NAME_LABEL_SIZE 64
void name_label_value(struct group_text text, char out[NAME_LABEL_SIZE]);

#endif
