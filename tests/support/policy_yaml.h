/* SPDX-License-Identifier: Apache-2.0 */
/* Reads drafted YAML back into the model, strictly: what the drafter does not write fails the test.
 */
#ifndef POLECAT_TESTS_SUPPORT_POLICY_YAML_H
#define POLECAT_TESTS_SUPPORT_POLICY_YAML_H

#include <stddef.h>

#include "core/policy/draft/model.h"

/* A set to free with policy_set_free: name, namespace, selector and rules of each policy. For
 * cmocka tests. */
struct policy_set *policy_yaml_read(const char *text, size_t length);

#endif
