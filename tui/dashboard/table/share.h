/* SPDX-License-Identifier: Apache-2.0 */
/* Divides the width of a row among its texts. Pure; any thread. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_SHARE_H
#define POLECAT_TUI_DASHBOARD_TABLE_SHARE_H

#include <stddef.h>

#define SHARE_MAX 8

/* Divides `total` columns among at most SHARE_MAX texts that need needs[i] columns each. Every text
 * gets its need if all of them fit. Otherwise, texts that need less than an equal share get their
 * need, and the others share the rest equally. */
void share_columns(int total, const int *needs, size_t count, int *widths);

#endif
