/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/user_settings.h"

int user_settings_read(struct settings *out, char why[SETTINGS_WHY_SIZE])
{
	char path[PATH_MAX];

	*out = (struct settings){0};
	return settings_path("config.yaml", path) ? 0 : settings_read(path, out, why);
}

int user_settings_read_filters(struct filter_names *out, char why[SETTINGS_WHY_SIZE])
{
	char path[PATH_MAX];

	*out = (struct filter_names){0};
	return settings_path("config.yaml", path) ? 0 : settings_read_filters(path, out, why);
}

int user_settings_set(const char *name, const char *value, char why[SETTINGS_WHY_SIZE])
{
	char path[PATH_MAX];

	return settings_path("config.yaml", path) ? 0 : settings_set(path, name, value, why);
}
