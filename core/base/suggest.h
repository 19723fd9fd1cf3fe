/* SPDX-License-Identifier: Apache-2.0 */
/* Suggests the name that was probably meant by a mistyped one. Pure. */
#ifndef POLECAT_CORE_BASE_SUGGEST_H
#define POLECAT_CORE_BASE_SUGGEST_H

#include <stddef.h>

/* Returns the name at an index of the caller's list; NULL for a name that is not offered. */
typedef const char *suggest_name(size_t index, const void *context);

/* Returns the nearest to `typed` of `count` names, each found by name_at(index, context). NULL: no
 * name is near. Names longer than 32 bytes are never near. */
const char *suggest(const char *typed, size_t count, suggest_name *name_at, const void *context);

#endif
