/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/typed_filter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tui/options/pointer.h"
#include "tui/options/user_settings.h"

static void typed_filter_replace(struct dashboard *dashboard, struct filter *filter,
				 const char *text)
{
	dashboard->connections.query.filter = filter;
	connections_restart(&dashboard->connections);
	filter_free(dashboard->filter);
	dashboard->filter = filter;
	dashboard->context.filter = filter;
	snprintf(dashboard->filter_text, sizeof(dashboard->filter_text), "%s", text);
	dashboard->selection.stale = true;
	dashboard->summary.stale = true;
	/* Let the lower panes show the subject of the first match. */
	dashboard->subject_chosen = false;
}

void dashboard_clear_filter(struct dashboard *dashboard)
{
	typed_filter_replace(dashboard, NULL, "");
}

int dashboard_set_filter(struct dashboard *dashboard, const char *text,
			 struct filter_mistake *mistake)
{
	struct filter_error error = {0};
	struct filter *filter = NULL;
	int err = *text ? filter_new(&filter) : 0;

	*mistake = (struct filter_mistake){.at = PROMPT_NO_PLACE};
	if (filter)
		err = filter_parse_with_names(filter, text, &dashboard->filters, &error);
	if (!err) {
		typed_filter_replace(dashboard, filter, text);
		return 0;
	}
	filter_free(filter);
	if (err != -EINVAL) {
		snprintf(mistake->why, sizeof(mistake->why), "%s", strerror(-err));
		return err;
	}
	mistake->at = error.column - 1;
	snprintf(mistake->why, sizeof(mistake->why), "column %zu: %s",
		 pointer_column(text, mistake->at), error.message);
	return err;
}

void dashboard_read_filters(struct dashboard *dashboard)
{
	char why[SETTINGS_WHY_SIZE];

	filter_names_clear(&dashboard->filters);
	(void)user_settings_read_filters(&dashboard->filters, why);
}

/* Changes the settings. `text` is NULL to delete the filter. Returns 0, or -errno after a
 * message. */
static int typed_filter_change(struct dashboard *dashboard, const char *name, const char *text)
{
	struct context *context = &dashboard->context;
	char path[PATH_MAX];
	char why[SETTINGS_WHY_SIZE];
	int err;

	if (!filter_names_is_name(name)) {
		context_error(context, FILTER_NAME_FORM " was expected, not '%s'", name);
		return -EINVAL;
	}
	err = settings_path("config.yaml", path);
	if (err) {
		context_error(context, "no file for settings: HOME is not set");
		return err;
	}
	err = settings_set_filter(path, name, text, why);
	if (err)
		context_error(context, "@%s is not %s: %s", name, text ? "saved" : "deleted", why);
	dashboard_read_filters(dashboard);
	return err;
}

void dashboard_save_filter(struct dashboard *dashboard, const char *name)
{
	/* A wrong name is reported first: `save a b` is no request for the filter in force. */
	if (filter_names_is_name(name) && !*dashboard->filter_text) {
		context_error(&dashboard->context, "no filter to save: type one with / first");
		return;
	}
	if (!typed_filter_change(dashboard, name, dashboard->filter_text))
		context_note(&dashboard->context, "@%s saved: %s", name, dashboard->filter_text);
}

void dashboard_delete_filter(struct dashboard *dashboard, const char *name)
{
	if (!typed_filter_change(dashboard, name, NULL))
		context_note(&dashboard->context, "@%s deleted", name);
}
