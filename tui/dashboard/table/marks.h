/* SPDX-License-Identifier: Apache-2.0 */
/* The connections that the user marked, by sequence number, in the order of the marks. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_MARKS_H
#define POLECAT_TUI_DASHBOARD_TABLE_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MARKS_MAX 256

/* Zero-initialise. */
struct marks {
	uint64_t sequences[MARKS_MAX];
	size_t count;
};

bool marks_have(const struct marks *marks, uint64_t sequence);

/* Marks a connection, or removes its mark. Returns false if there is no room for another mark. */
bool marks_toggle(struct marks *marks, uint64_t sequence);

#endif
