/* SPDX-License-Identifier: Apache-2.0 */
/* Reads drafted YAML back into struct netpol_set, without the code of netpol_read. The reader is
 * strict: it fails the test at a construct that the drafter never writes. */
#ifndef POLECAT_TESTS_SUPPORT_POLICY_YAML_H
#define POLECAT_TESTS_SUPPORT_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/netpol/netpol.h"

/* Returns the policies in the text. Free them with policy_yaml_free. */
struct netpol_set *policy_yaml_read(const char *text, size_t length);

/* Returns whether YAML would read `text` without quotes as something other than a string, such as
 * a number. */
bool policy_yaml_needs_quotes(const char *text);

void policy_yaml_free(struct netpol_set *set);

#endif
