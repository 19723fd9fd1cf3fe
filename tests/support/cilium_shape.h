/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks drafts for Cilium against the CRD ciliumnetworkpolicies.cilium.io, version v2, and against
 * the further rules that Cilium validates.
 */
#ifndef POLECAT_TESTS_SUPPORT_CILIUM_SHAPE_H
#define POLECAT_TESTS_SUPPORT_CILIUM_SHAPE_H

#include <stddef.h>

#include "core/policy/draft/draft.h"

/* Fails the cmocka test if a document violates the CRD or does not match its policy in the set. */
void cilium_shape_check(const char *text, size_t length, const struct draft_set *set);

#endif
