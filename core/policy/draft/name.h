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

/* The name of a workload that no other one shares. Returns its length. */
size_t name_base(const struct group *group, char out[NAME_SIZE]);

/* False where the workload surely has another base name: quick, for looking through all of them. */
bool name_may_be(const struct group *group, const char *base, size_t length);

/* The name where `shared` says that another workload of the namespace has the same base name.
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
 * The name that a template makes of a policy's default name, its namespace's name put in as well.
 * Where `shared` says that another policy of the namespace would get it too, the default name
 * stands behind it; a hash of that one does where there is no room. Returns its length.
 */
size_t name_expand(const char *name_template, const char *name, const char *namespace_name,
		   bool shared, char out[NAME_SIZE]);

/* Makes any text a valid label value of at most 63 characters; never empty. For placeholders. */
#define NAME_LABEL_SIZE 64
void name_label_value(struct group_text text, char out[NAME_LABEL_SIZE]);

#endif
