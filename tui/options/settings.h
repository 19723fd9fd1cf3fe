/* SPDX-License-Identifier: Apache-2.0 */
/* The user's settings: $XDG_CONFIG_HOME/polecat/config.yaml, by default below ~/.config. A missing
 * file is one without settings. Only for the main thread. */
#ifndef POLECAT_TUI_OPTIONS_SETTINGS_H
#define POLECAT_TUI_OPTIONS_SETTINGS_H

#include <limits.h>
#include <stddef.h>

#include "core/filter/filter_names.h"

#include "tui/dashboard/screen/keymap.h"
#include "tui/dashboard/screen/layout.h"

#define SETTINGS_VALUE_SIZE 256
#define SETTINGS_WHY_SIZE   (PATH_MAX + 320)

/* The values of `policy`: how the dashboard shows a draft. */
#define SETTINGS_POLICY_RULES "rules"
#define SETTINGS_POLICY_YAML  "yaml"

/* The values of `connections`: whether the table has one row for alike connections. */
#define SETTINGS_CONNECTIONS_FOLDED   "folded"
#define SETTINGS_CONNECTIONS_UNFOLDED "unfolded"

/* "": not set */
struct settings {
	char theme[SETTINGS_VALUE_SIZE];
	char policy[SETTINGS_VALUE_SIZE];
	char columns[SETTINGS_VALUE_SIZE]; /* of the table of connections, see column_list_parse */
	char connections[SETTINGS_VALUE_SIZE];
	char splits[SETTINGS_VALUE_SIZE]; /* the sizes of the panes, see settings_parse_splits */
	struct key_choices keys;
};

/* Writes the path of a file in polecat's folder of configuration: "config.yaml", or "themes".
 * Returns 0, or -ENOENT if neither XDG_CONFIG_HOME (an absolute path) nor HOME is set. */
int settings_path(const char *name, char path[PATH_MAX]);

/* Returns the name of a setting; NULL: there are not so many. */
const char *settings_name(size_t index);

/* Reads six parts in thousandths (LAYOUT_SHARES), in the order of struct layout_shares; 0 is the
 * usual part, and "" six of them. Returns 0 or -EINVAL. */
int settings_parse_splits(const char *text, struct layout_shares *out);

/* Reads the settings. On failure returns -errno, and writes the reason with the file, the line and
 * the expected value to `why`; *out then has no settings. */
int settings_read(const char *path, struct settings *out, char why[SETTINGS_WHY_SIZE]);

/*
 * Sets a setting (`name` is the name of a member of struct settings) in the file and keeps the rest
 * of the file, also comments. Creates the file and its folders if they are missing. Readers see the
 * old or the new file (file_write). If the path is a symbolic link, writes its target. Returns 0,
 * or -errno with the reason in `why` and the file unchanged.
 */
int settings_set(const char *path, const char *name, const char *value,
		 char why[SETTINGS_WHY_SIZE]);

/* Reads the named filters. Returns 0, or -errno with the reason in `why` as settings_read does.
 * *out is empty on failure. Free with filter_names_clear. */
int settings_read_filters(const char *path, struct filter_names *out, char why[SETTINGS_WHY_SIZE]);

/* Sets the expression of a named filter in the file, or removes the filter if `text` is NULL. Keeps
 * the rest of the file as settings_set does. Returns 0, -ENOENT (there is no such filter to
 * remove), or another -errno, with the reason in `why` and the file unchanged. */
int settings_set_filter(const char *path, const char *name, const char *text,
			char why[SETTINGS_WHY_SIZE]);

#endif
