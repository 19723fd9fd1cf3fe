/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/prompts.h"

#include <curses.h>
#include <stdio.h>

#include "core/base/text.h"
#include "tui/dashboard/command_table.h"
#include "tui/dashboard/export_prompt.h"
#include "tui/dashboard/filter_completion.h"
#include "tui/dashboard/typed_filter.h"

void dashboard_ask_filter(struct dashboard *dashboard)
{
	input_history_reset(&dashboard->filter_history);
	completion_clear(&dashboard->completion);
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
	char commands[sizeof(dashboard->prompt.hint)];

	command_table_list(commands, sizeof(commands), "  ");
	completion_clear(&dashboard->completion);
	prompt_open(&dashboard->prompt, PROMPT_COMMAND, NULL, commands);
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

/* Completes the word before the cursor, and lists the choices, if the key is Tab or Shift-Tab.
 * Returns false for another key. */
static bool prompts_complete(struct dashboard *dashboard, bool is_code, wchar_t key,
			     completion_find *find, const void *data, bool *changed)
{
	bool back = is_code && key == KEY_BTAB;

	dashboard->prompt.choices[0] = '\0';
	if (!back && (is_code || key != '\t')) {
		completion_clear(&dashboard->completion);
		return false;
	}
	*changed = completion_step(&dashboard->completion, &dashboard->prompt.line,
				   back ? COMPLETION_PREVIOUS : COMPLETION_NEXT, find, data);
	completion_list(&dashboard->completion, dashboard->prompt.choices,
			sizeof(dashboard->prompt.choices));
	return true;
}

static void prompts_command_key(struct dashboard *dashboard, bool is_code, wchar_t key)
{
	enum prompt_result result;
	char text[INPUT_LINE_SIZE];
	bool changed = false;

	if (prompts_complete(dashboard, is_code, key, command_table_complete, dashboard, &changed))
		return;
	result = prompt_key(&dashboard->prompt, is_code, key);
	if (result != PROMPT_ACCEPTED && result != PROMPT_CANCELLED)
		return;
	prompt_close(&dashboard->prompt);
	/* Copy the text, because the command may open the prompt for a file name. */
	snprintf(text, sizeof(text), "%s", dashboard->prompt.line.text);
	if (result == PROMPT_ACCEPTED)
		command_table_run(dashboard, text);
}

/* Handles the keys for earlier filters and for completion. Returns false for another key. */
static bool prompts_change_line(struct dashboard *dashboard, bool is_code, wchar_t key,
				bool *changed)
{
	const struct filter_completion_source source = {dashboard->context.state,
							&dashboard->filters, 0};
	struct input_line *line = &dashboard->prompt.line;

	if (prompts_complete(dashboard, is_code, key, filter_completion_find, &source, changed)) {
		input_history_reset(&dashboard->filter_history);
		return true;
	}
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
	if (dashboard->prompt.kind == PROMPT_COMMAND) {
		prompts_command_key(dashboard, is_code, key);
		return;
	}
	result = prompt_key(&dashboard->prompt, is_code, key);
	switch (dashboard->prompt.kind) {
	case PROMPT_FILTER:
	case PROMPT_COMMAND:
		break;
	case PROMPT_SEARCH:
		prompts_live_key(dashboard, &live_search, result);
		break;
	case PROMPT_EXPORT:
		export_prompt_key(dashboard, result);
		break;
	case PROMPT_REPLACE:
		export_prompt_replace_key(dashboard, result);
		break;
	case PROMPT_NONE:
		break;
	}
}
