/* SPDX-License-Identifier: Apache-2.0 */
/* Stores each different text once, up to a maximum number of texts, until the table is cleared. The
 * state keeps the reasons of drops and the names of interfaces in such tables, and connections
 * point to these texts. Pure; one thread. */
#ifndef POLECAT_CORE_STATE_NAME_TABLE_H
#define POLECAT_CORE_STATE_NAME_TABLE_H

#include <stddef.h>

#include "core/base/hash_index.h"

/* Zero-initialise; free with name_table_clear. */
struct name_table {
	char **items;
	size_t count;
	size_t capacity;
	struct hash_index index;
};

/* Returns the stored copy of a text. Returns NULL if text is NULL, if the table is full (`max`
 * texts), and if out of memory. */
const char *name_table_get(struct name_table *table, const char *text, size_t max);

void name_table_clear(struct name_table *table);

#endif
