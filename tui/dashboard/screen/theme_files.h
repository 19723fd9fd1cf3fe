/* SPDX-License-Identifier: Apache-2.0 */
/* Finds themes by name: the shipped ones (themes/), which are part of the program, and those of the
 * user, in the folder `themes` of polecat's configuration. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_THEME_FILES_H
#define POLECAT_TUI_DASHBOARD_SCREEN_THEME_FILES_H

#include <stddef.h>

#include "tui/dashboard/screen/scheme.h"

#define THEME_NAME_SIZE 256
#define THEME_WHY_SIZE  1024

/* The names of themes, sorted and each once. */
struct theme_names {
	char (*items)[THEME_NAME_SIZE];
	size_t count;
	size_t capacity;
};

/* Lists all themes. `folder` has the user's; NULL: none. Returns 0 or -ENOMEM. */
int theme_files_list(const char *folder, struct theme_names *names);
void theme_names_clear(struct theme_names *names);

/* Returns whether a name is the path of a file: it has a slash, or ends with .yaml or .yml. */
bool theme_files_is_path(const char *name);

/*
 * Reads a theme. The name may be the path of a file (theme_files_is_path). Other
 * names are those of files in `folder` (without .yaml or .yml), which come first, and of shipped
 * themes. On failure returns -errno and writes the reason, with the file and the line, to `why`;
 * *out stays as it was.
 */
int theme_files_read(const char *folder, const char *name, struct scheme *out,
		     char why[THEME_WHY_SIZE]);

#endif
