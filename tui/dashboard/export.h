/* SPDX-License-Identifier: Apache-2.0 */
/* Saving a text to a file, whole or not at all. */
#ifndef POLECAT_TUI_DASHBOARD_EXPORT_H
#define POLECAT_TUI_DASHBOARD_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes text to path: to a temporary file in the same folder, to the disk, and under its name in
 * one step. A file that is there already is replaced only if `replace`. 0, or -errno: -EEXIST (it
 * is there, and was not touched), -EISDIR, and what the system says.
 */
int export_write(const char *path, const char *text, size_t length, bool replace);

/* A name with everything that could lead out of the folder, or surprise a shell, made `-`. In
 * place. */
void export_clean_name(char *name);

#endif
