/* SPDX-License-Identifier: Apache-2.0 */
/* The settings in the user's file (settings_path). A user without a folder for it has no settings.
 * Only for the main thread. */
#ifndef POLECAT_TUI_OPTIONS_USER_SETTINGS_H
#define POLECAT_TUI_OPTIONS_USER_SETTINGS_H

#include "tui/options/settings.h"

/* Reads the settings. Returns 0, or what settings_read returns; *out then has no settings. */
int user_settings_read(struct settings *out, char why[SETTINGS_WHY_SIZE]);

/* Reads the named filters. Returns 0, or what settings_read_filters returns; *out is then empty.
 * Free with filter_names_clear. */
int user_settings_read_filters(struct filter_names *out, char why[SETTINGS_WHY_SIZE]);

/* Sets a setting. Without a folder, does nothing, so that a choice lasts until the end. Returns 0,
 * or what settings_set returns. */
int user_settings_set(const char *name, const char *value, char why[SETTINGS_WHY_SIZE]);

#endif
