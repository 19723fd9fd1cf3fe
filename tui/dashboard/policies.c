/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/policies.h"

#include <stdio.h>
#include <string.h>

#include "core/policy/evaluate/check.h"
#include "core/policy/netpol/netpol_kinds.h"
#include "tui/dashboard/table/cells.h"
#include "tui/policies/netpol_load.h"

void dashboard_use_policies(struct dashboard *dashboard)
{
	struct context *context = &dashboard->context;

	context->loaded = &dashboard->loaded;
	context->policies = dashboard->loaded.set;
	context->verdicts = dashboard->loaded.verdicts;
	dashboard->connections.query.verdicts = context->verdicts;
	connections_restart(&dashboard->connections);
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

	/* A kind of policy that is not judged may deny what the others allow. */
	if (netpol_unjudged_next(loaded->set, &at, unjudged)) {
		context_error(&dashboard->context, "%s", unjudged);
		return;
	}
	cell_count(denied, now);
	cell_count(loaded->denied_before, before);
	context_note(&dashboard->context,
		     "%s: %s connection%s denied, %s before; destinations newly denied: %zu, newly "
		     "allowed: %zu (P)",
		     what, now, denied == 1 ? "" : "s", before, loaded->newly_denied, allowed);
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
	dashboard_use_policies(dashboard);
	if (message[0])
		context_error(&dashboard->context, "%s", message);
	else
		policies_report(dashboard, what);
}

void dashboard_load_policies(struct dashboard *dashboard, const char *path)
{
	policies_replace(dashboard, &path, 1, path);
}

void dashboard_poll_policies(struct dashboard *dashboard)
{
	struct loaded_policies *loaded = &dashboard->loaded;

	if (loaded_policies_changed(loaded, dashboard->context.monotonic_ns))
		policies_replace(dashboard, (const char *const *)loaded->paths, loaded->path_count,
				 "the policies changed");
}

static void policies_ignore(void *data, int status, const char *text)
{
	(void)data;
	(void)status;
	(void)text;
}

/* Runs a check with the policies of a path. Returns false if they cannot be read or memory is
 * short. */
static bool policies_check(const struct context *context, const char *path, struct check *succeeded,
			   struct check *failed)
{
	const struct netpol_load_report report = {policies_ignore, NULL};
	const struct check_options options = {.filter = NULL, .failed = false};
	const struct check_options failed_options = {.filter = NULL, .failed = true};
	struct evaluator *evaluator = NULL;
	struct netpol_set set = {0};
	bool done = netpol_load_paths(&path, 1, &report, &set) == 0 &&
		    evaluator_new(&set, state_resolver(context->state), &evaluator) == 0 &&
		    check_run(succeeded, context->state, evaluator, &options) == 0 &&
		    check_run(failed, context->state, evaluator, &failed_options) == 0;

	evaluator_free(evaluator);
	netpol_set_clear(&set);
	return done;
}

void dashboard_judge_saved(struct dashboard *dashboard, const char *path, const char *saved)
{
	struct context *context = &dashboard->context;
	struct check succeeded = {0};
	struct check failed = {0};
	char depends[64] = "";
	char unknown[64] = "";

	if (!policies_check(context, path, &succeeded, &failed)) {
		context_note(context, "%s", saved);
	} else {
		size_t allowed = succeeded.checked - succeeded.denied - succeeded.depends -
				 succeeded.unknown;
		if (succeeded.depends)
			snprintf(depends, sizeof(depends), ", %zu depend on the network plugin",
				 succeeded.depends);
		if (succeeded.unknown)
			snprintf(unknown, sizeof(unknown), ", %zu not judged", succeeded.unknown);
		context_note(context,
			     "%s %s %zu flows seen: %zu allowed, %zu denied%s%s, %zu never "
			     "succeeded",
			     saved, context->glyphs->dot, succeeded.checked + failed.checked,
			     allowed, succeeded.denied, depends, unknown, failed.checked);
	}
	check_clear(&succeeded);
	check_clear(&failed);
}
