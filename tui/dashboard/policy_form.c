/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/policy_form.h"

#include <string.h>

#include "tui/options/user_settings.h"

enum policy_form policy_form_read(void)
{
	char why[SETTINGS_WHY_SIZE];
	struct settings settings;

	if (user_settings_read(&settings, why))
		return POLICY_FORM_BY_HEIGHT;
	if (strcmp(settings.policy, SETTINGS_POLICY_YAML) == 0)
		return POLICY_FORM_YAML;
	return settings.policy[0] ? POLICY_FORM_RULES : POLICY_FORM_BY_HEIGHT;
}

void policy_form_save(struct context *context, enum policy_form form)
{
	const char *value = form == POLICY_FORM_YAML ? SETTINGS_POLICY_YAML : SETTINGS_POLICY_RULES;
	char why[SETTINGS_WHY_SIZE];

	/* Without a home folder, the choice lasts until the end. */
	if (user_settings_set("policy", value, why))
		context_note(context, "the choice is not saved: %s", why);
}
