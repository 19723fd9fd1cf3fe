/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the known name that is nearest to a mistyped name. Pure. */
#ifndef POLECAT_CORE_BASE_SUGGEST_H
#define POLECAT_CORE_BASE_SUGGEST_H

#include <stddef.h>

/* Returns the name at an index of the caller's list, or NULL for a name that suggest must skip. */
typedef const char *suggest_name(size_t index, const void *context);

/* Calls name_at(index, context) for each index below `count`, and returns the name that is nearest
 * to `typed`. NULL: no name is near. Names longer than 32 bytes are near only if `typed` is a
 * prefix of them. */
const char *suggest(const char *typed, size_t count, suggest_name *name_at, const void *context);

#endif
