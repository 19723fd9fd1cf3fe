/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/fold_setting.h"

#include <string.h>

#include "tui/options/user_settings.h"

bool fold_setting_read(void)
{
	char why[SETTINGS_WHY_SIZE];
	struct settings settings;

	return user_settings_read(&settings, why) ||
	       strcmp(settings.connections, SETTINGS_CONNECTIONS_UNFOLDED) != 0;
}

void fold_setting_save(struct context *context, bool folded)
{
	const char *value = folded ? SETTINGS_CONNECTIONS_FOLDED : SETTINGS_CONNECTIONS_UNFOLDED;
	char why[SETTINGS_WHY_SIZE];

	/* Without a home folder, the choice lasts until the end. */
	if (user_settings_set("connections", value, why))
		context_note(context, "the choice is not saved: %s", why);
}
