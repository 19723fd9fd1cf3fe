/* SPDX-License-Identifier: Apache-2.0 */
/* Saves one draft to a file. */
#ifndef POLECAT_TUI_DASHBOARD_EXPORT_H
#define POLECAT_TUI_DASHBOARD_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the complete text or nothing. Returns 0 or -errno: -EEXIST if the file exists and `replace`
 * is false, -EISDIR for a folder. */
int export_write(const char *path, const char *text, size_t length, bool replace);

/* Replaces the characters of a file name that could lead out of the folder or surprise a shell with
 * `-`, in place. */
void export_clean_name(char *name);

#endif
