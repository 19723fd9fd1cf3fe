/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/setting_table.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "tui/dashboard/policy_form.h"
#include "tui/dashboard/screen/theme_files.h"
#include "tui/dashboard/splits.h"
#include "tui/dashboard/table/fold_setting.h"
#include "tui/options/user_settings.h"

static void setting_table_apply_theme(struct dashboard *dashboard, const char *value)
{
	appearance_set_theme(&dashboard->appearance, &dashboard->context, value);
}

/* Saves a setting. Returns whether it was saved, after a message. */
static bool setting_table_save(struct dashboard *dashboard, const char *name, const char *value)
{
	struct context *context = &dashboard->context;
	char path[PATH_MAX];
	char why[SETTINGS_WHY_SIZE];

	if (settings_path("config.yaml", path)) {
		context_error(context, "no file for settings: HOME is not set");
		return false;
	}
	if (settings_set(path, name, value, why)) {
		context_error(context, "%s is not set: %s", name, why);
		return false;
	}
	context_note(context, "%s %s, saved", name, *value ? value : "not set");
	return true;
}

static void setting_table_apply_policy(struct dashboard *dashboard, const char *value)
{
	if (setting_table_save(dashboard, "policy", value))
		dashboard->policy.chosen = policy_form_read();
}

static void setting_table_apply_columns(struct dashboard *dashboard, const char *value)
{
	if (setting_table_save(dashboard, "columns", value))
		column_menu_read(&dashboard->connections);
}

static void setting_table_apply_splits(struct dashboard *dashboard, const char *value)
{
	if (setting_table_save(dashboard, "splits", value))
		splits_read(dashboard);
}

static void setting_table_apply_connections(struct dashboard *dashboard, const char *value)
{
	if (setting_table_save(dashboard, "connections", value))
		connections_set_folded(&dashboard->connections, fold_setting_read());
}

static void setting_table_add_folds(struct completion *completion, const char *prefix)
{
	completion_add(completion, SETTINGS_CONNECTIONS_FOLDED, prefix);
	completion_add(completion, SETTINGS_CONNECTIONS_UNFOLDED, prefix);
}

static void setting_table_add_themes(struct completion *completion, const char *prefix)
{
	struct theme_names names = {0};
	char folder[PATH_MAX];

	if (theme_files_list(settings_path("themes", folder) ? NULL : folder, &names) == 0) {
		for (size_t i = 0; i < names.count; i++)
			completion_add(completion, names.items[i], prefix);
	}
	theme_names_clear(&names);
}

static void setting_table_add_forms(struct completion *completion, const char *prefix)
{
	completion_add(completion, SETTINGS_POLICY_RULES, prefix);
	completion_add(completion, SETTINGS_POLICY_YAML, prefix);
}

static void setting_table_add_columns(struct completion *completion, const char *prefix)
{
	const struct column *columns[COLUMN_MAX];
	size_t count = column_list_table(columns);
	const char *comma = strrchr(prefix, ',');
	char item[COLUMN_LIST_TEXT_SIZE];

	/* The last name of the list. */
	for (size_t i = 0; i < count; i++) {
		int length = snprintf(item, sizeof(item), "%.*s",
				      comma ? (int)(comma - prefix) + 1 : 0, prefix);

		for (const char *at = column_table_name(columns[i]);
		     *at && length + 1 < (int)sizeof(item); at++)
			item[length++] = (char)tolower((unsigned char)*at);
		item[length] = '\0';
		completion_add(completion, item, prefix);
	}
}

/* No word completes numbers. */
static void setting_table_add_none(struct completion *completion, const char *prefix)
{
	(void)completion;
	(void)prefix;
}

/* A row for each setting with one value. */
static const struct {
	const char *name;
	size_t member; /* in struct settings */
	void (*apply)(struct dashboard *dashboard, const char *value);
	void (*add_values)(struct completion *completion, const char *prefix);
} table[] = {
	{"theme", offsetof(struct settings, theme), setting_table_apply_theme,
	 setting_table_add_themes},
	{"policy", offsetof(struct settings, policy), setting_table_apply_policy,
	 setting_table_add_forms},
	{"columns", offsetof(struct settings, columns), setting_table_apply_columns,
	 setting_table_add_columns},
	{"connections", offsetof(struct settings, connections), setting_table_apply_connections,
	 setting_table_add_folds},
	{"splits", offsetof(struct settings, splits), setting_table_apply_splits,
	 setting_table_add_none},
};

/* Returns the index of a setting, or the number of settings. */
static size_t setting_table_find(const char *name, size_t length)
{
	size_t i = 0;

	while (i < ARRAY_LENGTH(table) &&
	       (strlen(table[i].name) != length || strncmp(table[i].name, name, length) != 0))
		i++;
	return i;
}

bool setting_table_has(const char *name)
{
	return setting_table_find(name, strlen(name)) < ARRAY_LENGTH(table);
}

static void setting_table_show(struct dashboard *dashboard, size_t first, size_t end)
{
	struct settings settings;
	char why[SETTINGS_WHY_SIZE];
	char text[MESSAGE_SIZE] = "";
	size_t length = 0;

	if (user_settings_read(&settings, why)) {
		context_error(&dashboard->context, "%s", why);
		return;
	}
	for (size_t i = first; i < end && length < sizeof(text); i++) {
		const char *value = (const char *)&settings + table[i].member;

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s: %s",
					   i > first ? "  " : "", table[i].name,
					   *value ? value : "not set");
	}
	context_note(&dashboard->context, "%s", text);
}

void setting_table_set(struct dashboard *dashboard, const char *text)
{
	size_t length = strcspn(text, " ");
	const char *value = text + length + strspn(text + length, " ");
	size_t i = setting_table_find(text, length);
	char known[128] = "";
	size_t used = 0;

	if (!*text) {
		setting_table_show(dashboard, 0, ARRAY_LENGTH(table));
		return;
	}
	if (i < ARRAY_LENGTH(table)) {
		if (*value)
			table[i].apply(dashboard, value);
		else
			setting_table_show(dashboard, i, i + 1);
		return;
	}
	for (i = 0; i < ARRAY_LENGTH(table) && used < sizeof(known); i++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
					 table[i].name);
	context_error(&dashboard->context, "no setting %.*s: there are %s%s", (int)length, text,
		      known, strncmp(text, "filters", length) == 0 ? "; :filter save NAME" : "");
}

void setting_table_complete_value(struct completion *completion, const char *name,
				  const char *prefix)
{
	size_t i = setting_table_find(name, strlen(name));

	if (i < ARRAY_LENGTH(table))
		table[i].add_values(completion, prefix);
}

void setting_table_complete(struct completion *completion, const struct input_line *line,
			    size_t from)
{
	const char *text = line->text + from;
	size_t length = strcspn(text, " ");
	size_t i = setting_table_find(text, length);
	char item[32];

	if (from + length >= line->cursor) {
		completion->start = from;
		for (i = 0; i < ARRAY_LENGTH(table); i++) {
			snprintf(item, sizeof(item), "%s ", table[i].name);
			completion_add(completion, item, text);
		}
		return;
	}
	completion->start = from + length + strspn(text + length, " ");
	if (i < ARRAY_LENGTH(table) && completion->start <= line->cursor)
		table[i].add_values(completion, line->text + completion->start);
}
