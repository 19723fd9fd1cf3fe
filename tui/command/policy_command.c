/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat policy`: watches, then prints or writes the draft. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/base/caller.h"
#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "core/policy/evaluate/port_names.h"
#include "core/policy/netpol/netpol_diff.h"
#include "core/policy/netpol/netpol_kinds.h"
#include "tui/command/commands.h"
#include "tui/options/options.h"
#include "tui/policies/draft_choice.h"
#include "tui/policies/policy_files.h"
#include "tui/session/output.h"
#include "tui/session/session.h"

/* Fits the longest line of a difference. */
#define LINE_SIZE 8192

static int policy_command_print_all(const struct options *options, struct session *session,
				    const struct draft_set *set)
{
	struct output output;

	output_open(&output, STDOUT_FILENO, session);
	int error = draft_print(set, DRAFT_ALL, &output.buffer.data, &output.buffer.length);
	if (!error)
		output_flush(&output);
	return output_close(&output, options, error, 0);
}

static int policy_command_write_one(const struct options *options, const struct draft_set *set,
				    size_t index)
{
	static const char *const words[] = {
		[POLICY_FILE_WRITTEN] = "written",
		[POLICY_FILE_SAME] = "unchanged",
		[POLICY_FILE_KEPT] = "left as it is: it differs, and --force was not given",
		[POLICY_FILE_REPLACED] = "replaced",
	};
	CLEANUP_FREE char *text = NULL;
	char file[POLICY_FILE_NAME_SIZE];
	enum policy_file_result result = POLICY_FILE_WRITTEN;
	size_t length = 0;

	policy_file_name(set->policies.items[index].namespace_name, set->policies.items[index].name,
			 file);
	int error = draft_print(set, index, &text, &length);
	if (!error)
		error = policy_file_write(options->directory, file, text, length, options->force,
					  &result);
	return options_report(options, error || result == POLICY_FILE_KEPT ? 4 : 0, "%s/%s: %s",
			      options->directory, file,
			      error ? caller_explain(error, options->directory) : words[result]);
}

static int policy_command_write_files(const struct options *options, const struct draft_set *set)
{
	int status = 0;

	int error = policy_directory_make(options->directory);
	if (error)
		return options_report(options, 4, "--directory %s: %s", options->directory,
				      caller_explain(error, options->directory));
	for (size_t i = 0; i < set->policies.count; i++) {
		int one = policy_command_write_one(options, set, i);
		if (one)
			status = one;
	}
	return status;
}

static int policy_command_print_lines(const struct netpol_diff *diff, struct output *output)
{
	int error = 0;

	for (size_t i = 0; i < diff->lines.count && !error; i++) {
		char line[LINE_SIZE];
		text_escape(diff->lines.items[i], line, sizeof(line));
		error = output_line(output, line);
	}
	return error ? error : output_flush(output);
}

/* Prints how the draft differs from existing policies. Returns the exit status: 1 if it differs. */
static int policy_command_print_diff(const struct options *options, struct session *session,
				     const struct draft_set *set, const struct netpol_set *existing)
{
	const struct netpol_diff_names names = {port_names_find,
						state_workloads(session_state(session))};
	struct netpol_diff diff = {0};
	struct output output;
	char unjudged[NETPOL_UNJUDGED_SUMMARY_SIZE];

	output_open(&output, STDOUT_FILENO, session);
	/* With a filter, a policy without a draft may belong to a workload that the filter hides.
	 * Do not list such a policy as removed. */
	int error = netpol_diff(&set->policies, existing, filter_is_empty(options->filter), &names,
				&diff);
	if (!error)
		error = policy_command_print_lines(&diff, &output);
	if (!error || error == output.error)
		options_report(options, 0,
			       "%zu drafted, %zu existing: %zu added (+), %zu removed (-)",
			       set->policies.count, existing->count, diff.added, diff.removed);
	int status = output_close(&output, options, error, diff.added + diff.removed > 0 ? 1 : 0);
	if (netpol_unjudged_summary(existing, unjudged))
		options_report(options, 0, "compared with NetworkPolicies alone: %s", unjudged);
	netpol_diff_clear(&diff);
	return status;
}

static int policy_command_finish(const struct options *options, struct session *session,
				 const struct netpol_set *existing)
{
	const struct state_counters *counters = state_counters(session_state(session));
	struct string_list gaps = {0};
	struct draft_options draft_options = draft_choice_of(options, existing);
	struct draft_set *set = NULL;
	int status = 0;

	draft_options.gaps = &gaps;
	session_find_gaps(session, &gaps);
	int error = drafter_draft(session_state(session), &draft_options, &set);
	string_list_clear(&gaps);
	if (error)
		return options_report(options, 3, "%s", strerror(-error));
	for (size_t i = 0; i < set->warnings.count; i++)
		options_report(options, 0, "%s", set->warnings.items[i]);
	if (options_name_policies(options))
		status = policy_command_print_diff(options, session, set, existing);
	else if (set->policies.count > 0)
		status = options->directory ? policy_command_write_files(options, set)
					    : policy_command_print_all(options, session, set);
	else if (counters->flows == 0)
		options_report(options, 0,
			       "no connection was seen: there is nothing to draft from");
	else
		options_report(options, 0,
			       "no policy can be drafted for any of the %" PRIu64
			       " connections seen%s",
			       counters->connections,
			       filter_is_empty(options->filter) ? "" : " that pass the filters");
	draft_set_free(set);
	return status;
}

int policy_main(const struct options *options)
{
	return commands_watch(options, "the draft is printed", policy_command_finish);
}
