/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/export_prompt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/caller.h"
#include "core/base/cleanup.h"
#include "core/sandbox/sandbox.h"
#include "tui/dashboard/export.h"
#include "tui/dashboard/policies.h"
#include "tui/dashboard/travel.h"

static const char nothing_to_save[] = "no connection of the selected row's subject has succeeded";

static void export_prompt_clear_export(struct dashboard *dashboard)
{
	free(STEAL(dashboard->export_text));
	dashboard->export_is_edited = false;
	prompt_close(&dashboard->prompt);
}

void dashboard_expand_path(const char *text, char path[DASHBOARD_PATH_SIZE])
{
	const char *home = getenv("HOME");

	if (strncmp(text, "~/", 2) == 0 && home)
		snprintf(path, DASHBOARD_PATH_SIZE, "%s%s", home, text + 1);
	else
		snprintf(path, DASHBOARD_PATH_SIZE, "%s", text);
}

/* Reports a failure, and asks for another name. */
static void export_prompt_refuse_to_save(struct dashboard *dashboard, const char *path,
					 const char *file, const char *why)
{
	struct prompt *prompt = &dashboard->prompt;

	prompt->kind = PROMPT_EXPORT;
	snprintf(prompt->error, sizeof(prompt->error), "%s", why);
	context_error(&dashboard->context, "%s%s%s was not saved: %s", path,
		      *file && !export_is_folder(path) ? "/" : "", file, why);
}

static const char *export_prompt_explain(int error, const char *path)
{
	if (error == -EISDIR)
		return "is a directory: end the path with / to save all workloads there";
	if (error == -EACCES && sandbox_limits_writes() && !caller_is_missing(error, path))
		return "not permitted (drafts go below the start folder, HOME or TMPDIR)";
	return caller_explain(error, path);
}

/* Reports the counts of written, replaced, unchanged and skipped files. */
static void export_prompt_report_saved(struct dashboard *dashboard, const char *path,
				       const struct export_summary *summary)
{
	static const struct {
		enum policy_file_result result;
		const char *words;
	} others[] = {
		{POLICY_FILE_REPLACED, "replaced"},
		{POLICY_FILE_SAME, "that were the same already"},
		{POLICY_FILE_KEPT, "left as they were: they differ"},
	};
	char saved[DASHBOARD_PATH_SIZE + 320 + TRAVEL_WHEN_SIZE];
	char when[TRAVEL_WHEN_SIZE];
	char text[256];
	int length = snprintf(text, sizeof(text), "%zu new", summary->counts[POLICY_FILE_WRITTEN]);

	for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
		size_t count = summary->counts[others[i].result];

		if (count)
			length += snprintf(text + length, sizeof(text) - (size_t)length, ", %zu %s",
					   count, others[i].words);
	}
	travel_write_when(dashboard, when);
	snprintf(saved, sizeof(saved), "all workloads%s saved into %s: %s", when, path, text);
	dashboard_judge_saved(dashboard, path, saved);
}

/* Corrects the counts of the second pass, which runs after the user has agreed to replace files.
 * Files that the first pass wrote must count as written. The second pass finds them unchanged. */
static void export_prompt_add_first_pass(const struct export_summary *first,
					 struct export_summary *summary)
{
	size_t written = first->counts[POLICY_FILE_WRITTEN];
	size_t *same = &summary->counts[POLICY_FILE_SAME];

	summary->counts[POLICY_FILE_WRITTEN] += written;
	*same -= *same < written ? *same : written;
}

/* Saves the drafts of all workloads, one file each. */
static void export_prompt_save_all(struct dashboard *dashboard, const char *path, bool replace)
{
	struct export_summary summary;
	int err = export_all(&dashboard->context, path, replace, &summary);
	size_t kept = summary.counts[POLICY_FILE_KEPT];

	if (err == -ENODATA) {
		export_prompt_refuse_to_save(dashboard, path, "",
					     "no connection has succeeded yet");
	} else if (err) {
		export_prompt_refuse_to_save(dashboard, path, summary.file,
					     export_prompt_explain(err, path));
	} else if (kept && !replace) {
		dashboard->export_summary = summary;
		prompt_ask(&dashboard->prompt, "has %zu file%s that differ%s: replace %s?", kept,
			   kept == 1 ? "" : "s", kept == 1 ? "s" : "", kept == 1 ? "it" : "them");
	} else {
		if (replace)
			export_prompt_add_first_pass(&dashboard->export_summary, &summary);
		export_prompt_report_saved(dashboard, path, &summary);
		export_prompt_clear_export(dashboard);
	}
}

static void export_prompt_save(struct dashboard *dashboard, bool replace)
{
	struct prompt *prompt = &dashboard->prompt;
	char saved[DASHBOARD_PATH_SIZE + 32 + TRAVEL_WHEN_SIZE];
	char when[TRAVEL_WHEN_SIZE];
	char path[DASHBOARD_PATH_SIZE];
	int err;

	dashboard_expand_path(prompt->line.text, path);
	if (export_is_folder(path) && dashboard->export_is_edited) {
		export_prompt_refuse_to_save(dashboard, path, "",
					     "an edited draft needs a file name");
		return;
	}
	if (export_is_folder(path)) {
		export_prompt_save_all(dashboard, path, replace);
		return;
	}
	if (!dashboard->export_text) {
		export_prompt_refuse_to_save(dashboard, path, "", nothing_to_save);
		return;
	}
	err = export_write(path, dashboard->export_text, dashboard->export_length, replace);
	if (err == -EEXIST && !replace) {
		prompt_ask(prompt, "exists: replace it?");
	} else if (err) {
		export_prompt_refuse_to_save(dashboard, path, "", export_prompt_explain(err, path));
	} else {
		if (dashboard->export_is_edited)
			unlink(dashboard->editor.path);
		travel_write_when(dashboard, when);
		snprintf(saved, sizeof(saved), "%s%s%ssaved to %s", *when ? "the draft" : "", when,
			 *when ? " is " : "", path);
		dashboard_judge_saved(dashboard, path, saved);
		export_prompt_clear_export(dashboard);
	}
}

void dashboard_export(struct dashboard *dashboard, const char *path)
{
	struct context *context = &dashboard->context;
	bool folder = path && export_is_folder(path);
	char hint[sizeof(dashboard->prompt.hint)];
	char when[TRAVEL_WHEN_SIZE];
	char name[POLICY_FILE_NAME_SIZE] = "";
	int err;

	/* While the user types a name, the time stays. */
	dashboard->travel.plays = false;
	free(STEAL(dashboard->export_text));
	err = policy_draft_export(context, &dashboard->export_text, &dashboard->export_length,
				  name);
	if (err == -ENODATA && !folder) {
		context_note(context,
			     "nothing to save yet: %s (:export FOLDER/ saves all workloads)",
			     nothing_to_save);
		return;
	}
	if (err && !folder) {
		context_error(context, "no draft to save: %s", strerror(-err));
		return;
	}
	travel_write_when(dashboard, when);
	snprintf(hint, sizeof(hint), "%s%s%sFOLDER/ saves all workloads", *when ? "the draft" : "",
		 when, *when ? "; " : "");
	prompt_open(&dashboard->prompt, PROMPT_EXPORT, path ? path : name, hint);
	if (path)
		export_prompt_save(dashboard, false);
}

void export_prompt_key(struct dashboard *dashboard, enum prompt_result result)
{
	switch (result) {
	case PROMPT_UNCHANGED:
		break;
	case PROMPT_CHANGED:
		dashboard->prompt.error[0] = '\0';
		break;
	case PROMPT_CANCELLED:
		if (dashboard->export_is_edited)
			context_error(&dashboard->context, "not saved: the edited draft is in %s",
				      dashboard->editor.path);
		else
			context_note(&dashboard->context, "nothing was saved");
		export_prompt_clear_export(dashboard);
		break;
	case PROMPT_ACCEPTED:
		export_prompt_save(dashboard, false);
		break;
	}
}

void export_prompt_replace_key(struct dashboard *dashboard, enum prompt_result result)
{
	char path[DASHBOARD_PATH_SIZE];

	if (result == PROMPT_ACCEPTED) {
		export_prompt_save(dashboard, true);
	} else if (result == PROMPT_CANCELLED) {
		dashboard_expand_path(dashboard->prompt.line.text, path);
		dashboard->prompt.kind = PROMPT_EXPORT;
		if (!export_is_folder(path))
			return;
		/* Files that did not exist were written before the user was asked. */
		export_prompt_report_saved(dashboard, path, &dashboard->export_summary);
		export_prompt_clear_export(dashboard);
	}
}
