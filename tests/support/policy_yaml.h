/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads drafted YAML back into the model with a reader of its own. It is strict: a construct that
 * the drafter does not write fails the test.
 */
#ifndef POLECAT_TESTS_SUPPORT_POLICY_YAML_H
#define POLECAT_TESTS_SUPPORT_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/netpol/netpol.h"

/* Returns a set to free with policy_yaml_free. For cmocka tests. */
struct netpol_set *policy_yaml_read(const char *text, size_t length);

/* Returns whether a reader of YAML could take the text for something other than a text. */
bool policy_yaml_needs_quotes(const char *text);

void policy_yaml_free(struct netpol_set *set);

#endif
