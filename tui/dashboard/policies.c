/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/policies.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/policy/evaluate/check.h"
#include "core/policy/netpol/netpol_kinds.h"
#include "core/sandbox/spawner.h"
#include "tui/dashboard/screen/screen.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/travel.h"
#include "tui/policies/netpol_load.h"

/* The time for judging edges between two frames. Together with a frame, it takes less than the 33
 * ms after which a key feels slow. */
#define SLICE_NS (8 * (NS_PER_SECOND / 1000))

void dashboard_use_policies(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;

	context->loaded = &dashboard->loaded;
	context->policies = dashboard->loaded.set;
	context->verdicts = dashboard->loaded.verdicts;
	dashboard->connections.query.verdicts = context->verdicts;
	connections_apply_query(&dashboard->connections);
}

/* Shows the outcome of a load: "deny.yaml: 12 connections denied (3 before); …". */
static void policies_report(struct dashboard *dashboard, const char *what)
{
	const struct loaded_policies *loaded = &dashboard->loaded;
	size_t allowed = loaded->change_count - loaded->newly_denied;
	uint64_t denied = verdicts_denied(loaded->verdicts);
	char unjudged[NETPOL_UNJUDGED_SIZE];
	char now[CELL_COUNT_SIZE];
	char before[CELL_COUNT_SIZE];
	size_t at = 0;

	/* A policy of a kind that is not judged may deny connections that the judged policies
	 * allow. */
	if (netpol_unjudged_next(loaded->set, &at, unjudged)) {
		context_error(&dashboard->context, "%s", unjudged);
		return;
	}
	cell_count(denied, now);
	cell_count(loaded->denied_before, before);
	context_note(&dashboard->context,
		     "%s: %s connection%s denied, %s before; destinations newly denied: %zu, no "
		     "longer denied: %zu (P)",
		     what, now, denied == 1 ? "" : "s", before, loaded->newly_denied, allowed);
}

/* Continues to judge by the loaded policies, and reports the outcome at the end. */
static void policies_go_on(struct dashboard *dashboard)
{
	struct loaded_policies *loaded = &dashboard->loaded;

	if (!loaded_policies_go_on(loaded, dashboard->context.state, SLICE_NS))
		return;
	/* Some rows may be shown or hidden because of their verdicts. */
	connections_apply_query(&dashboard->connections);
	if (loaded->compare_error)
		context_error(&dashboard->context, "no memory to list all changes");
	else
		policies_report(dashboard, dashboard->policies_what);
}

static void policies_replace(struct dashboard *dashboard, const char *const *paths, size_t count,
			     const char *what)
{
	char message[LOADED_MESSAGE_SIZE];
	int status = loaded_policies_replace(&dashboard->loaded, dashboard->context.state, paths,
					     count, dashboard->context.monotonic_ns, message);

	if (status) {
		context_error(&dashboard->context, "%s%s", message,
			      dashboard->loaded.verdicts ? ": the policies from before stay in use"
							 : "");
		return;
	}
	snprintf(dashboard->policies_what, sizeof(dashboard->policies_what), "%s", what);
	dashboard_use_policies(dashboard);
	policies_go_on(dashboard);
}

void dashboard_load_policies(struct dashboard *dashboard, const char *path)
{
	/* A stream may never end, and standard input is the terminal. */
	if (policy_watch_is_stream(path))
		context_error(&dashboard->context, "%s: a file or folder was expected", path);
	else
		policies_replace(dashboard, &path, 1, path);
}

void dashboard_poll_policies(struct dashboard *dashboard)
{
	struct loaded_policies *loaded = &dashboard->loaded;

	if (loaded_policies_changed(loaded, dashboard->context.monotonic_ns))
		policies_replace(dashboard, (const char *const *)loaded->paths.items,
				 loaded->paths.count, "the policies changed");
	else
		policies_go_on(dashboard);
}

/* Runs the checks with the policies of a path. Returns false with the reason in `error`. */
static bool policies_check(const struct context *context, const char *path, struct check *succeeded,
			   struct check *failed, char error[LOADED_MESSAGE_SIZE])
{
	struct netpol_load_first first = {.size = LOADED_MESSAGE_SIZE, .text = error};
	const struct netpol_load_report report = {netpol_load_keep_first, &first};
	const struct check_options options = {.filter = NULL, .failed = false};
	const struct check_options failed_options = {.filter = NULL, .failed = true};
	struct evaluator *evaluator = NULL;
	char unjudged[NETPOL_UNJUDGED_SIZE];
	struct netpol_set set = {0};
	bool done = false;
	size_t at = 0;

	error[0] = '\0';
	int status = netpol_load_paths(&path, 1, &report, &set);
	if (!status && netpol_unjudged_next(&set, &at, unjudged)) {
		/* A policy that is not judged may deny flows that the judged policies allow. */
		snprintf(error, LOADED_MESSAGE_SIZE, "%.*s", LOADED_MESSAGE_SIZE - 1, unjudged);
	} else if (!status) {
		done = evaluator_new(&set, state_resolver(context->state), &evaluator) == 0 &&
		       check_run(succeeded, context->state, evaluator, &options) == 0 &&
		       check_run(failed, context->state, evaluator, &failed_options) == 0;
		if (!done)
			snprintf(error, LOADED_MESSAGE_SIZE, "%s", strerror(ENOMEM));
	}
	evaluator_free(evaluator);
	netpol_set_clear(&set);
	return done;
}

/* Judges all that was seen by the policies of a path alone. Writes how many flows they allow and
 * deny. Returns false with the reason in `text`. */
static bool policies_judge(const struct context *context, const char *path,
			   char text[LOADED_MESSAGE_SIZE])
{
	struct check succeeded = {0};
	struct check failed = {0};
	bool done = policies_check(context, path, &succeeded, &failed, text);
	char depends[64] = "";
	char unknown[64] = "";

	if (done) {
		size_t allowed = succeeded.checked - succeeded.denied - succeeded.depends -
				 succeeded.unknown;
		if (succeeded.depends)
			snprintf(depends, sizeof(depends), ", %zu depend on the network plugin",
				 succeeded.depends);
		if (succeeded.unknown)
			snprintf(unknown, sizeof(unknown), ", %zu not judged", succeeded.unknown);
		snprintf(text, LOADED_MESSAGE_SIZE,
			 "%zu flows seen: %zu allowed, %zu denied%s%s, %zu never succeeded",
			 succeeded.checked + failed.checked, allowed, succeeded.denied, depends,
			 unknown, failed.checked);
	}
	check_clear(&succeeded);
	check_clear(&failed);
	return done;
}

void dashboard_judge_saved(struct dashboard *dashboard, const char *path, const char *saved)
{
	struct context *context = &dashboard->context;
	char text[LOADED_MESSAGE_SIZE];

	if (policies_judge(context, path, text))
		context_note(context, "%s %s %s", saved, context->glyphs->dot, text);
	else
		context_error(context, "%s, but it cannot be judged: %s", saved, text);
}

void dashboard_edit(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	int error = policy_draft_export(context, &text, &length, dashboard->edited_name);

	if (error) {
		context_note(context, "no draft to edit: %s",
			     error == -ENODATA ? "nothing of the selected row's subject has "
						 "succeeded yet"
					       : strerror(-error));
		return;
	}
	/* The time stays while the user edits. */
	dashboard->travel.plays = false;
	screen_release();
	error = editor_start(&dashboard->editor, screen_input(), text, length);
	if (error) {
		screen_reclaim();
		context_error(context, "the editor did not start: %s", spawner_explain(error));
		return;
	}
	free(dashboard->export_text);
	dashboard->export_text = STEAL(text);
	dashboard->export_length = length;
	session_ignore_interrupts(context->session, true);
	session_watch_input(context->session, dashboard->editor.pidfd);
}

/* Judges the edited text, and asks for the name under which to save it. */
static void policies_offer_edited(struct dashboard *dashboard, char *text, size_t length)
{
	struct editor *editor = &dashboard->editor;
	char hint[sizeof(dashboard->prompt.hint)];
	char verdict[LOADED_MESSAGE_SIZE];
	char when[TRAVEL_WHEN_SIZE];

	if (!policies_judge(&dashboard->context, editor->path, verdict)) {
		context_error(&dashboard->context, "%s: the edited draft is still in %s", verdict,
			      editor->path);
		free(text);
		return;
	}
	free(dashboard->export_text);
	dashboard->export_text = text;
	dashboard->export_length = length;
	dashboard->export_is_edited = true;
	travel_write_when(dashboard, when);
	snprintf(hint, sizeof(hint), "%s%s%.180s", *when ? when + 1 : "", *when ? ": " : "",
		 verdict);
	prompt_open(&dashboard->prompt, PROMPT_EXPORT, dashboard->edited_name, hint);
}

void dashboard_edit_ended(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;
	struct editor *editor = &dashboard->editor;
	char *text = NULL;
	size_t length = 0;
	int error = editor_finish(editor, &text, &length);

	session_ignore_interrupts(context->session, false);
	session_watch_input(context->session, screen_input());
	screen_reclaim();
	if (error) {
		context_error(context,
			      "the editor failed%s%s: set EDITOR to yours; the draft is in %s",
			      error == -ECANCELED ? "" : ": ",
			      error == -ECANCELED ? "" : strerror(-error), editor->path);
	} else if (length == dashboard->export_length &&
		   memcmp(text, dashboard->export_text, length) == 0) {
		context_note(context, "the draft was not changed");
		unlink(editor->path);
		free(text);
	} else {
		policies_offer_edited(dashboard, text, length);
		return;
	}
	free(STEAL(dashboard->export_text));
}
