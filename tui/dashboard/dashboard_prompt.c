/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/dashboard_prompt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/dashboard/export.h"
#include "tui/dashboard/export_all.h"
#include "tui/dashboard/screen/theme.h"
#include "tui/session/session.h"

#define PATH_SIZE (INPUT_LINE_SIZE + 256)

static const char nothing_to_save[] = "no connection of the selected row's subject has succeeded";

int dashboard_set_filter(struct dashboard *dashboard, const char *text, struct filter_error *error)
{
	struct filter *filter = NULL;
	int err;

	if (*text) {
		err = filter_new(&filter);
		if (!err)
			err = filter_parse(filter, text, error);
		if (err) {
			filter_free(filter);
			return err;
		}
	}
	connections_set_filter(dashboard->connections, filter);
	filter_free(dashboard->filter);
	dashboard->filter = filter;
	snprintf(dashboard->filter_text, sizeof(dashboard->filter_text), "%s", text);
	/* The lower panes show the first match. */
	dashboard->subject_chosen = false;
	return 0;
}

void dashboard_ask_filter(struct dashboard *dashboard)
{
	snprintf(dashboard->filter_before, sizeof(dashboard->filter_before), "%s",
		 dashboard->filter_text);
	prompt_open(&dashboard->prompt, PROMPT_FILTER, dashboard->filter_text,
		    "word  ns:shop  port:443  state:refused  !comm:curl");
}

void dashboard_ask_command(struct dashboard *dashboard)
{
	prompt_open(&dashboard->prompt, PROMPT_COMMAND, NULL,
		    "q  help  filter TEXT  export FILE or FOLDER/  theme NAME");
}

void dashboard_set_theme(struct dashboard *dashboard, const char *name)
{
	if (!theme_select(name, dashboard->no_color))
		context_error(&dashboard->context, "there is no theme %s: dark, light and mono are",
			      name);
	else if (dashboard->no_color && strcmp(name, "mono") != 0)
		context_note(&dashboard->context, "theme %s, without colours: NO_COLOR is set",
			     name);
	else
		context_note(&dashboard->context, "theme %s", name);
}

static void dashboard_prompt_filter_key(struct dashboard *dashboard, enum prompt_result result)
{
	struct prompt *prompt = &dashboard->prompt;
	struct filter_error error = {0};
	int err;

	switch (result) {
	case PROMPT_UNCHANGED:
		return;
	case PROMPT_CANCELLED:
		/* Esc clears the filter, the previous one too. */
		dashboard_set_filter(dashboard, "", NULL);
		prompt_close(prompt);
		return;
	case PROMPT_ACCEPTED:
		if (!prompt->error[0])
			prompt_close(prompt);
		return;
	case PROMPT_CHANGED:
		break;
	}
	err = dashboard_set_filter(dashboard, prompt->line.text, &error);
	prompt->error[0] = '\0';
	if (err == -EINVAL)
		snprintf(prompt->error, sizeof(prompt->error), "column %zu: %s", error.column,
			 error.message);
	else if (err)
		snprintf(prompt->error, sizeof(prompt->error), "%s", strerror(-err));
}

static void dashboard_prompt_clear_export(struct dashboard *dashboard)
{
	free(dashboard->export_text);
	dashboard->export_text = NULL;
	prompt_close(&dashboard->prompt);
}

/* Expands a leading "~/" as a shell does. */
static void dashboard_prompt_expand_path(const char *text, char path[PATH_SIZE])
{
	const char *home = getenv("HOME");

	if (strncmp(text, "~/", 2) == 0 && home)
		snprintf(path, PATH_SIZE, "%s%s", home, text + 1);
	else
		snprintf(path, PATH_SIZE, "%s", text);
}

static void dashboard_prompt_refuse_to_save(struct dashboard *dashboard, const char *path,
					    const char *file, const char *why)
{
	struct prompt *prompt = &dashboard->prompt;

	prompt->kind = PROMPT_EXPORT;
	snprintf(prompt->error, sizeof(prompt->error), "%s", why);
	context_error(&dashboard->context, "%s%s%s was not saved: %s", path,
		      *file && path[strlen(path) - 1] != '/' ? "/" : "", file, why);
}

/* Reports the counts of written, replaced, unchanged and skipped files. */
static void dashboard_prompt_report_saved(struct dashboard *dashboard, const char *path,
					  const struct export_summary *summary)
{
	size_t written = summary->counts[POLICY_FILE_WRITTEN];
	size_t replaced = summary->counts[POLICY_FILE_REPLACED];
	size_t same = summary->counts[POLICY_FILE_SAME];
	size_t kept = summary->counts[POLICY_FILE_KEPT];
	char text[256];
	int length = snprintf(text, sizeof(text), "%zu new", written);

	if (replaced)
		length += snprintf(text + length, sizeof(text) - (size_t)length, ", %zu replaced",
				   replaced);
	if (same)
		length += snprintf(text + length, sizeof(text) - (size_t)length,
				   ", %zu that were the same already", same);
	if (kept)
		snprintf(text + length, sizeof(text) - (size_t)length,
			 ", %zu left as they were: they differ", kept);
	context_note(&dashboard->context, "all workloads saved into %s: %s", path, text);
}

/* Saves the drafts of all workloads, one file each. */
static void dashboard_prompt_save_all(struct dashboard *dashboard, const char *path, bool replace)
{
	struct export_summary summary;
	int err = export_all(&dashboard->context, path, replace, &summary);
	size_t kept = summary.counts[POLICY_FILE_KEPT];

	if (err == -ENODATA) {
		dashboard_prompt_refuse_to_save(dashboard, path, "",
						"no connection has succeeded yet");
	} else if (err) {
		dashboard_prompt_refuse_to_save(dashboard, path, summary.file, strerror(-err));
	} else if (kept && !replace) {
		dashboard->export_summary = summary;
		prompt_ask(&dashboard->prompt, "has %zu file%s that differ%s: replace %s?", kept,
			   kept == 1 ? "" : "s", kept == 1 ? "s" : "", kept == 1 ? "it" : "them");
	} else {
		if (replace) {
			/* The second pass finds the files that the first one wrote unchanged:
			 * count them as written. */
			size_t *counts = summary.counts;
			const size_t *before = dashboard->export_summary.counts;

			counts[POLICY_FILE_WRITTEN] += before[POLICY_FILE_WRITTEN];
			counts[POLICY_FILE_SAME] -=
				counts[POLICY_FILE_SAME] < before[POLICY_FILE_WRITTEN]
					? counts[POLICY_FILE_SAME]
					: before[POLICY_FILE_WRITTEN];
		}
		dashboard_prompt_report_saved(dashboard, path, &summary);
		dashboard_prompt_clear_export(dashboard);
	}
}

static void dashboard_prompt_save(struct dashboard *dashboard, bool replace)
{
	struct prompt *prompt = &dashboard->prompt;
	char path[PATH_SIZE];
	int err;

	dashboard_prompt_expand_path(prompt->line.text, path);
	if (export_is_folder(path)) {
		dashboard_prompt_save_all(dashboard, path, replace);
		return;
	}
	if (!dashboard->export_text) {
		dashboard_prompt_refuse_to_save(dashboard, path, "", nothing_to_save);
		return;
	}
	err = export_write(path, dashboard->export_text, dashboard->export_length, replace);
	if (err == -EEXIST && !replace) {
		prompt_ask(prompt, "exists: replace it?");
		return;
	}
	if (err) {
		dashboard_prompt_refuse_to_save(dashboard, path, "",
						err == -EISDIR
							? "is a directory: with a / behind it, all "
							  "workloads are saved there"
							: strerror(-err));
		return;
	}
	context_note(&dashboard->context, "saved to %s", path);
	dashboard_prompt_clear_export(dashboard);
}

void dashboard_export(struct dashboard *dashboard, const char *path)
{
	char name[256] = "";
	bool folder = path && export_is_folder(path);
	int err;

	free(dashboard->export_text);
	dashboard->export_text = NULL;
	err = policy_pane_export(&dashboard->context, &dashboard->export_text,
				 &dashboard->export_length, name, sizeof(name));
	if (err == -ENODATA && !folder) {
		context_note(&dashboard->context,
			     "nothing to save yet: %s (:export FOLDER/ saves all workloads)",
			     nothing_to_save);
		return;
	}
	if (err && !folder) {
		context_error(&dashboard->context, "no draft to save: %s", strerror(-err));
		return;
	}
	export_clean_name(name);
	prompt_open(&dashboard->prompt, PROMPT_EXPORT, path ? path : name,
		    "FOLDER/ saves all workloads");
	if (path)
		dashboard_prompt_save(dashboard, false);
}

static void dashboard_prompt_export_key(struct dashboard *dashboard, enum prompt_result result)
{
	struct prompt *prompt = &dashboard->prompt;

	switch (result) {
	case PROMPT_UNCHANGED:
		return;
	case PROMPT_CHANGED:
		prompt->error[0] = '\0';
		return;
	case PROMPT_CANCELLED:
		dashboard_prompt_clear_export(dashboard);
		context_note(&dashboard->context, "nothing was saved");
		return;
	case PROMPT_ACCEPTED:
		dashboard_prompt_save(dashboard, false);
		return;
	}
}

static void dashboard_prompt_replace_key(struct dashboard *dashboard, enum prompt_result result)
{
	char path[PATH_SIZE];

	if (result == PROMPT_ACCEPTED) {
		dashboard_prompt_save(dashboard, true);
	} else if (result == PROMPT_CANCELLED) {
		dashboard_prompt_expand_path(dashboard->prompt.line.text, path);
		dashboard->prompt.kind = PROMPT_EXPORT;
		if (!export_is_folder(path))
			return;
		/* The other files are written already. */
		dashboard_prompt_report_saved(dashboard, path, &dashboard->export_summary);
		dashboard_prompt_clear_export(dashboard);
	}
}

/* Returns the argument of a command, or NULL if the text is another command. */
static const char *dashboard_prompt_argument_of(const char *text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(text, word, length) != 0 || (text[length] && text[length] != ' '))
		return NULL;
	return text + length + strspn(text + length, " ");
}

static void dashboard_prompt_filter_command(struct dashboard *dashboard, const char *text)
{
	struct filter_error error = {0};
	int err = dashboard_set_filter(dashboard, text, &error);

	if (err == -EINVAL)
		context_error(&dashboard->context, "filter, column %zu: %s", error.column,
			      error.message);
	else if (err)
		context_error(&dashboard->context, "filter: %s", strerror(-err));
}

static void dashboard_prompt_run_command(struct dashboard *dashboard, const char *text)
{
	const char *argument;

	text += strspn(text, " ");
	if (!*text)
		return;
	if (dashboard_prompt_argument_of(text, "q") || dashboard_prompt_argument_of(text, "quit")) {
		dashboard->quitting = true;
	} else if (dashboard_prompt_argument_of(text, "help") ||
		   dashboard_prompt_argument_of(text, "h")) {
		dashboard->page_before_help = dashboard->page;
		dashboard->page = DASHBOARD_HELP;
	} else if ((argument = dashboard_prompt_argument_of(text, "filter"))) {
		dashboard_prompt_filter_command(dashboard, argument);
	} else if ((argument = dashboard_prompt_argument_of(text, "export")) ||
		   (argument = dashboard_prompt_argument_of(text, "w"))) {
		dashboard_export(dashboard, *argument ? argument : NULL);
	} else if ((argument = dashboard_prompt_argument_of(text, "theme"))) {
		dashboard_set_theme(dashboard, *argument ? argument : theme_next());
	} else {
		context_error(&dashboard->context,
			      "no command %s: q, help, filter TEXT, export FILE and theme NAME are",
			      text);
	}
}

static void dashboard_prompt_command_key(struct dashboard *dashboard, enum prompt_result result)
{
	char text[INPUT_LINE_SIZE];

	if (result != PROMPT_ACCEPTED && result != PROMPT_CANCELLED)
		return;
	prompt_close(&dashboard->prompt);
	if (result == PROMPT_CANCELLED)
		return;
	snprintf(text, sizeof(text), "%s", dashboard->prompt.line.text);
	dashboard_prompt_run_command(dashboard, text);
}

void dashboard_prompt_key(struct dashboard *dashboard, bool is_code, wchar_t key)
{
	enum prompt_result result = prompt_key(&dashboard->prompt, is_code, key);

	switch (dashboard->prompt.kind) {
	case PROMPT_FILTER:
		dashboard_prompt_filter_key(dashboard, result);
		break;
	case PROMPT_COMMAND:
		dashboard_prompt_command_key(dashboard, result);
		break;
	case PROMPT_EXPORT:
		dashboard_prompt_export_key(dashboard, result);
		break;
	case PROMPT_REPLACE:
		dashboard_prompt_replace_key(dashboard, result);
		break;
	case PROMPT_NONE:
		break;
	}
}
