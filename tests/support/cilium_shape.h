/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds drafts for Cilium to the shape of the CRD ciliumnetworkpolicies.cilium.io, version v2, and
 * to what Cilium refuses beside it.
 */
#ifndef POLECAT_TESTS_SUPPORT_CILIUM_SHAPE_H
#define POLECAT_TESTS_SUPPORT_CILIUM_SHAPE_H

#include <stddef.h>

#include "core/policy/draft/draft.h"

/* Fails the cmocka test where the documents, which are those of the set, are not as they should be.
 */
void cilium_shape_check(const char *text, size_t length, const struct draft_set *set);

#endif
