/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/prompts.h"

#include <curses.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/sandbox/sandbox.h"
#include "tui/dashboard/copy.h"
#include "tui/dashboard/draw.h"
#include "tui/dashboard/export.h"
#include "tui/dashboard/policies.h"
#include "tui/dashboard/visits.h"
#include "tui/options/pointer.h"

#define PATH_SIZE (INPUT_LINE_SIZE + 256)

static const char nothing_to_save[] = "no connection of the selected row's subject has succeeded";

static void prompts_replace_filter(struct dashboard *dashboard, struct filter *filter,
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
	prompts_replace_filter(dashboard, NULL, "");
}

int dashboard_set_filter(struct dashboard *dashboard, const char *text,
			 struct filter_mistake *mistake)
{
	struct filter_error error = {0};
	struct filter *filter = NULL;
	int err = *text ? filter_new(&filter) : 0;

	*mistake = (struct filter_mistake){.at = PROMPT_NO_PLACE};
	if (filter)
		err = filter_parse(filter, text, &error);
	if (!err) {
		prompts_replace_filter(dashboard, filter, text);
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

void dashboard_ask_filter(struct dashboard *dashboard)
{
	input_history_reset(&dashboard->filter_history);
	filter_completion_clear(&dashboard->filter_completion);
	prompt_open(&dashboard->prompt, PROMPT_FILTER, dashboard->filter_text,
		    "word  ns:shop  port:443  lat:>100ms  a or !b  Tab: complete");
}

void dashboard_ask_search(struct dashboard *dashboard)
{
	policy_pane_start_search(&dashboard->policy);
	prompt_open(&dashboard->prompt, PROMPT_SEARCH, NULL,
		    "a text in the policy: n the next one, N the one before");
}

void dashboard_ask_command(struct dashboard *dashboard)
{
	prompt_open(&dashboard->prompt, PROMPT_COMMAND, NULL,
		    "q  help  filter TEXT  ns NAME  group WHAT  export FILE or FOLDER/  policy "
		    "PATH  theme NAME");
}

/* A prompt that acts while the user types. */
struct live_prompt {
	/* Sets the error of the prompt, or "". */
	void (*change)(struct dashboard *dashboard, struct prompt *prompt);
	void (*cancel)(struct dashboard *dashboard);
};

/* The columns of the filter that stays in front of an error. */
#define STAYS_COLUMNS 20

/* The error says which filter stays. */
static void prompts_change_filter(struct dashboard *dashboard, struct prompt *prompt)
{
	const struct glyphs *glyphs = dashboard->context.glyphs;
	struct filter_mistake mistake;
	char stays[4 * STAYS_COLUMNS + 1];

	prompt->error[0] = '\0';
	if (!dashboard_set_filter(dashboard, prompt->line.text, &mistake))
		return;
	prompt->error_at = mistake.at;
	text_shorten_middle(dashboard->filter_text, STAYS_COLUMNS, glyphs->ellipsis, stays,
			    sizeof(stays));
	snprintf(prompt->error, sizeof(prompt->error), "%s%s%s%s%s%s", *stays ? "/" : "", stays,
		 *stays ? " stays " : "", *stays ? glyphs->dot : "", *stays ? " " : "",
		 mistake.why);
}

static void prompts_change_search(struct dashboard *dashboard, struct prompt *prompt)
{
	snprintf(prompt->error, sizeof(prompt->error), "%s",
		 policy_pane_search(&dashboard->policy, &dashboard->context, prompt->line.text)
			 ? ""
			 : "not in the policy");
}

static void prompts_cancel_search(struct dashboard *dashboard)
{
	policy_pane_end_search(&dashboard->policy, true);
}

/* Esc also clears the filter that was set before the prompt. */
static const struct live_prompt live_filter = {prompts_change_filter, dashboard_clear_filter};
static const struct live_prompt live_search = {prompts_change_search, prompts_cancel_search};

static void prompts_live_key(struct dashboard *dashboard, const struct live_prompt *live,
			     enum prompt_result result)
{
	struct prompt *prompt = &dashboard->prompt;

	switch (result) {
	case PROMPT_UNCHANGED:
		break;
	case PROMPT_CANCELLED:
		live->cancel(dashboard);
		prompt_close(prompt);
		break;
	case PROMPT_ACCEPTED:
		if (!prompt->error[0])
			prompt_close(prompt);
		break;
	case PROMPT_CHANGED:
		live->change(dashboard, prompt);
		break;
	}
}

static void prompts_clear_export(struct dashboard *dashboard)
{
	free(STEAL(dashboard->export_text));
	dashboard->export_is_edited = false;
	prompt_close(&dashboard->prompt);
}

/* Expands a leading "~/" as a shell does. */
static void prompts_expand_path(const char *text, char path[PATH_SIZE])
{
	const char *home = getenv("HOME");

	if (strncmp(text, "~/", 2) == 0 && home)
		snprintf(path, PATH_SIZE, "%s%s", home, text + 1);
	else
		snprintf(path, PATH_SIZE, "%s", text);
}

/* Reports a failure, and asks for another name. */
static void prompts_refuse_to_save(struct dashboard *dashboard, const char *path, const char *file,
				   const char *why)
{
	struct prompt *prompt = &dashboard->prompt;

	prompt->kind = PROMPT_EXPORT;
	snprintf(prompt->error, sizeof(prompt->error), "%s", why);
	context_error(&dashboard->context, "%s%s%s was not saved: %s", path,
		      *file && !export_is_folder(path) ? "/" : "", file, why);
}

static const char *prompts_explain(int error)
{
	if (error == -EISDIR)
		return "is a directory: end the path with / to save all workloads there";
	if (error == -EACCES && sandbox_limits_writes())
		return "not permitted (drafts go below the start folder, HOME or TMPDIR)";
	return strerror(-error);
}

/* Reports the counts of written, replaced, unchanged and skipped files. */
static void prompts_report_saved(struct dashboard *dashboard, const char *path,
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
	char saved[PATH_SIZE + 320];
	char text[256];
	int length = snprintf(text, sizeof(text), "%zu new", summary->counts[POLICY_FILE_WRITTEN]);

	for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
		size_t count = summary->counts[others[i].result];

		if (count)
			length += snprintf(text + length, sizeof(text) - (size_t)length, ", %zu %s",
					   count, others[i].words);
	}
	snprintf(saved, sizeof(saved), "all workloads saved into %s: %s", path, text);
	dashboard_judge_saved(dashboard, path, saved);
}

/* Corrects the counts of the second pass, which runs after the user has agreed to replace files.
 * Files that the first pass wrote must count as written. The second pass finds them unchanged. */
static void prompts_add_first_pass(const struct export_summary *first,
				   struct export_summary *summary)
{
	size_t written = first->counts[POLICY_FILE_WRITTEN];
	size_t *same = &summary->counts[POLICY_FILE_SAME];

	summary->counts[POLICY_FILE_WRITTEN] += written;
	*same -= *same < written ? *same : written;
}

/* Saves the drafts of all workloads, one file each. */
static void prompts_save_all(struct dashboard *dashboard, const char *path, bool replace)
{
	struct export_summary summary;
	int err = export_all(&dashboard->context, path, replace, &summary);
	size_t kept = summary.counts[POLICY_FILE_KEPT];

	if (err == -ENODATA) {
		prompts_refuse_to_save(dashboard, path, "", "no connection has succeeded yet");
	} else if (err) {
		prompts_refuse_to_save(dashboard, path, summary.file, prompts_explain(err));
	} else if (kept && !replace) {
		dashboard->export_summary = summary;
		prompt_ask(&dashboard->prompt, "has %zu file%s that differ%s: replace %s?", kept,
			   kept == 1 ? "" : "s", kept == 1 ? "s" : "", kept == 1 ? "it" : "them");
	} else {
		if (replace)
			prompts_add_first_pass(&dashboard->export_summary, &summary);
		prompts_report_saved(dashboard, path, &summary);
		prompts_clear_export(dashboard);
	}
}

static void prompts_save(struct dashboard *dashboard, bool replace)
{
	struct prompt *prompt = &dashboard->prompt;
	char saved[PATH_SIZE + 16];
	char path[PATH_SIZE];
	int err;

	prompts_expand_path(prompt->line.text, path);
	if (export_is_folder(path) && dashboard->export_is_edited) {
		prompts_refuse_to_save(dashboard, path, "", "an edited draft needs a file name");
		return;
	}
	if (export_is_folder(path)) {
		prompts_save_all(dashboard, path, replace);
		return;
	}
	if (!dashboard->export_text) {
		prompts_refuse_to_save(dashboard, path, "", nothing_to_save);
		return;
	}
	err = export_write(path, dashboard->export_text, dashboard->export_length, replace);
	if (err == -EEXIST && !replace) {
		prompt_ask(prompt, "exists: replace it?");
	} else if (err) {
		prompts_refuse_to_save(dashboard, path, "", prompts_explain(err));
	} else {
		if (dashboard->export_is_edited)
			unlink(dashboard->editor.path);
		snprintf(saved, sizeof(saved), "saved to %s", path);
		dashboard_judge_saved(dashboard, path, saved);
		prompts_clear_export(dashboard);
	}
}

void dashboard_export(struct dashboard *dashboard, const char *path)
{
	struct context *context = &dashboard->context;
	bool folder = path && export_is_folder(path);
	char name[POLICY_FILE_NAME_SIZE] = "";
	int err;

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
	prompt_open(&dashboard->prompt, PROMPT_EXPORT, path ? path : name,
		    "FOLDER/ saves all workloads");
	if (path)
		prompts_save(dashboard, false);
}

static void prompts_export_key(struct dashboard *dashboard, enum prompt_result result)
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
		prompts_clear_export(dashboard);
		break;
	case PROMPT_ACCEPTED:
		prompts_save(dashboard, false);
		break;
	}
}

static void prompts_replace_key(struct dashboard *dashboard, enum prompt_result result)
{
	char path[PATH_SIZE];

	if (result == PROMPT_ACCEPTED) {
		prompts_save(dashboard, true);
	} else if (result == PROMPT_CANCELLED) {
		prompts_expand_path(dashboard->prompt.line.text, path);
		dashboard->prompt.kind = PROMPT_EXPORT;
		if (!export_is_folder(path))
			return;
		/* Files that did not exist were written before the user was asked. */
		prompts_report_saved(dashboard, path, &dashboard->export_summary);
		prompts_clear_export(dashboard);
	}
}

static void prompts_filter_command(struct dashboard *dashboard, const char *text)
{
	struct filter_mistake mistake;
	int err = dashboard_set_filter(dashboard, text, &mistake);

	if (err)
		context_error(&dashboard->context, "filter%s%s", err == -EINVAL ? ", " : ": ",
			      mistake.why);
}

/* Loads the policies of a path, or shows those that are loaded if the path is empty. */
static void prompts_policy_command(struct dashboard *dashboard, const char *text)
{
	char path[PATH_SIZE];

	if (!*text) {
		dashboard_open_page(dashboard, DASHBOARD_POLICIES);
		return;
	}
	prompts_expand_path(text, path);
	dashboard_load_policies(dashboard, path);
}

/* Returns the argument of a command, or NULL if the text is another command. */
static const char *prompts_argument_of(const char *text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(text, word, length) != 0 || (text[length] && text[length] != ' '))
		return NULL;
	return text + length + strspn(text + length, " ");
}

static void prompts_theme_command(struct dashboard *dashboard, const char *name)
{
	if (*name)
		appearance_set_theme(&dashboard->appearance, &dashboard->context, name);
	else
		appearance_pick(&dashboard->appearance, &dashboard->context, &dashboard->popup);
}

static void prompts_group_command(struct dashboard *dashboard, const char *name)
{
	for (int by = 0; by < GROUP_BYS; by++) {
		if (strcmp(groups_word((enum group_by)by, false), name) != 0)
			continue;
		summary_group_by(&dashboard->summary, &dashboard->context, (enum group_by)by);
		return;
	}
	context_error(&dashboard->context,
		      "group what: workload, namespace, node, process or destination");
}

/* Shows a namespace, or the list of namespaces if the name is empty. */
static void prompts_namespace_command(struct dashboard *dashboard, const char *name)
{
	if (!*name)
		namespace_menu_open(&dashboard->popup, &dashboard->context,
				    &dashboard->namespace_menu, &dashboard->connections);
	else if (!namespace_menu_show(&dashboard->context, &dashboard->connections, name))
		context_error(&dashboard->context, "no connection so far is in the namespace %s",
			      name);
}

static void prompts_run_command(struct dashboard *dashboard, const char *text)
{
	const char *argument;

	text += strspn(text, " ");
	if (!*text)
		return;
	if (prompts_argument_of(text, "q") || prompts_argument_of(text, "quit"))
		dashboard->quitting = true;
	else if (prompts_argument_of(text, "help") || prompts_argument_of(text, "h"))
		dashboard_open_page(dashboard, DASHBOARD_HELP);
	else if ((argument = prompts_argument_of(text, "filter")))
		prompts_filter_command(dashboard, argument);
	else if ((argument = prompts_argument_of(text, "export")) ||
		 (argument = prompts_argument_of(text, "w")))
		dashboard_export(dashboard, *argument ? argument : NULL);
	else if ((argument = prompts_argument_of(text, "policy")))
		prompts_policy_command(dashboard, argument);
	else if ((argument = prompts_argument_of(text, "ns")))
		prompts_namespace_command(dashboard, argument);
	else if ((argument = prompts_argument_of(text, "group")))
		prompts_group_command(dashboard, argument);
	else if ((argument = prompts_argument_of(text, "copy")))
		dashboard_copy(dashboard, argument);
	else if ((argument = prompts_argument_of(text, "theme")))
		prompts_theme_command(dashboard, argument);
	else
		context_error(
			&dashboard->context,
			"no command %s: q, help, filter TEXT, ns NAME, group WHAT, export FILE, "
			"policy PATH, copy WHAT and theme NAME are",
			text);
}

static void prompts_command_key(struct dashboard *dashboard, enum prompt_result result)
{
	char text[INPUT_LINE_SIZE];

	if (result != PROMPT_ACCEPTED && result != PROMPT_CANCELLED)
		return;
	prompt_close(&dashboard->prompt);
	/* Copy the text, because the command may open the prompt for a file name. */
	snprintf(text, sizeof(text), "%s", dashboard->prompt.line.text);
	if (result == PROMPT_ACCEPTED)
		prompts_run_command(dashboard, text);
}

/* Handles the keys for earlier filters and for completion. Returns false for another key. */
static bool prompts_change_line(struct dashboard *dashboard, bool is_code, wchar_t key,
				bool *changed)
{
	struct filter_completion *completion = &dashboard->filter_completion;
	struct input_line *line = &dashboard->prompt.line;
	bool back = is_code && key == KEY_BTAB;

	if (back || (!is_code && key == '\t')) {
		input_history_reset(&dashboard->filter_history);
		*changed = filter_completion_step(completion, line, dashboard->context.state,
						  back ? FILTER_COMPLETION_PREVIOUS
						       : FILTER_COMPLETION_NEXT);
		return true;
	}
	filter_completion_clear(completion);
	*changed = is_code && key == KEY_UP
			   ? input_history_older(&dashboard->filter_history, line)
			   : is_code && key == KEY_DOWN &&
				     input_history_newer(&dashboard->filter_history, line);
	return is_code && (key == KEY_UP || key == KEY_DOWN);
}

static void prompts_filter_key(struct dashboard *dashboard, bool is_code, wchar_t key)
{
	enum prompt_result result = PROMPT_UNCHANGED;
	bool changed = false;

	if (prompts_change_line(dashboard, is_code, key, &changed)) {
		result = changed ? PROMPT_CHANGED : PROMPT_UNCHANGED;
	} else {
		result = prompt_key(&dashboard->prompt, is_code, key);
		if (result == PROMPT_CHANGED)
			input_history_reset(&dashboard->filter_history);
	}
	if (result == PROMPT_ACCEPTED && !dashboard->prompt.error[0])
		input_history_add(&dashboard->filter_history, dashboard->prompt.line.text);
	prompts_live_key(dashboard, &live_filter, result);
}

void dashboard_prompt_key(struct dashboard *dashboard, bool is_code, wchar_t key)
{
	enum prompt_result result;

	if (dashboard->prompt.kind == PROMPT_FILTER) {
		prompts_filter_key(dashboard, is_code, key);
		return;
	}
	result = prompt_key(&dashboard->prompt, is_code, key);
	switch (dashboard->prompt.kind) {
	case PROMPT_FILTER:
		break;
	case PROMPT_SEARCH:
		prompts_live_key(dashboard, &live_search, result);
		break;
	case PROMPT_COMMAND:
		prompts_command_key(dashboard, result);
		break;
	case PROMPT_EXPORT:
		prompts_export_key(dashboard, result);
		break;
	case PROMPT_REPLACE:
		prompts_replace_key(dashboard, result);
		break;
	case PROMPT_NONE:
		break;
	}
}
