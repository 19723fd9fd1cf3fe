/* SPDX-License-Identifier: Apache-2.0 */
/* The rows that the user marked, by id (row_list.h), in the order of the marks. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_MARKS_H
#define POLECAT_TUI_DASHBOARD_TABLE_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARKS_MAX 256

/* Zero-initialise. */
struct marks {
	uint64_t ids[MARKS_MAX];
	size_t count;
};

bool marks_have(const struct marks *marks, uint64_t id);

/* Marks a row, or removes its mark. Returns false if there is no room for another mark. */
bool marks_toggle(struct marks *marks, uint64_t id);

#endif
