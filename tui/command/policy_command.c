/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat policy`: watches, then prints or writes the draft. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/policy/draft/draft_print.h"
#include "core/policy/draft/drafter.h"
#include "tui/command/commands.h"
#include "tui/command/policy_diff.h"
#include "tui/command/watch.h"
#include "tui/options/options.h"
#include "tui/policies/netpol_files.h"
#include "tui/policies/policy_files.h"
#include "tui/session/output.h"
#include "tui/session/session.h"

static int policy_command_print_all(const struct options *options, struct session *session,
				    const struct draft_set *set)
{
	struct output output;

	output_open(&output, STDOUT_FILENO, session);
	int error = draft_print(set, DRAFT_ALL, &output.buffer.data, &output.buffer.length);
	if (error) {
		fprintf(stderr, "%s: %s\n", options->program, strerror(-error));
		return 3;
	}
	output_flush(&output);
	output_free(&output);
	return output_status(&output, options->program, 0);
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
	fprintf(stderr, "%s: %s/%s: %s\n", options->program, options->directory, file,
		error ? strerror(-error) : words[result]);
	return error || result == POLICY_FILE_KEPT ? 4 : 0;
}

static int policy_command_write_files(const struct options *options, const struct draft_set *set)
{
	int status = 0;

	int error = policy_directory_make(options->directory);
	if (error) {
		fprintf(stderr, "%s: --directory %s: %s\n", options->program, options->directory,
			strerror(-error));
		return 4;
	}
	for (size_t i = 0; i < set->policies.count; i++) {
		int one = policy_command_write_one(options, set, i);
		if (one)
			status = one;
	}
	return status;
}

static void policy_report_warnings(const struct options *options, const struct draft_set *set)
{
	for (size_t i = 0; i < set->warnings.count; i++) {
		char warning[1024];
		text_escape(set->warnings.items[i], warning, sizeof(warning));
		fprintf(stderr, "%s: %s\n", options->program, warning);
	}
}

static enum draft_dns policy_command_dns_choice(const char *text)
{
	if (text && strcmp(text, "always") == 0)
		return DRAFT_DNS_ALWAYS;
	if (text && strcmp(text, "never") == 0)
		return DRAFT_DNS_NEVER;
	return DRAFT_DNS_AUTO;
}

static int policy_print_draft(const struct options *options, struct session *session,
			      const struct netpol_set *existing)
{
	const struct state_counters *counters = state_counters(session_state(session));
	struct draft_options draft_options = {
		.filter = options->filter,
		.include_failed = options->include_failed,
		.dns = policy_command_dns_choice(options->dns),
		.format = options->format && strcmp(options->format, "cilium") == 0
				  ? DRAFT_CILIUM
				  : DRAFT_KUBERNETES,
		.exclude_filters = (const struct filter *const *)options->excludes,
		.exclude_filter_count = options->exclude_count,
		.min_connections = options->min_connections,
		.widen_ipv4 = options->widen_ipv4,
		.widen_ipv6 = options->widen_ipv6,
		.max_ports = (uint32_t)options->max_ports,
		.name_template = options->policy_name,
	};
	struct draft_set *set = NULL;
	int error = 0;

	/* Draft only for the flows that are shown. */
	if (session_hides_host(session))
		error = filter_add(options->filter, FILTER_IN_WORKLOAD, "", NULL);
	if (!error)
		error = drafter_draft(session_state(session), &draft_options, &set);
	if (error) {
		fprintf(stderr, "%s: %s\n", options->program, strerror(-error));
		return 3;
	}
	int status = 0;
	policy_report_warnings(options, set);
	if (options->policy_path_count > 0)
		status = policy_diff_print(options, session, set, existing);
	else if (set->policies.count > 0)
		status = options->directory ? policy_command_write_files(options, set)
					    : policy_command_print_all(options, session, set);
	else if (counters->flows == 0)
		fprintf(stderr, "%s: no connection was seen: there is nothing to draft from\n",
			options->program);
	else
		fprintf(stderr,
			"%s: of %" PRIu64 " connections seen, none is one that a policy can be "
			"drafted for%s\n",
			options->program, counters->connections,
			filter_is_empty(options->filter) ? "" : " and passes the filters");
	draft_set_free(set);
	return status;
}

/* Drafts from what the session has seen, and reports the events lost meanwhile. */
static int policy_finish(const struct options *options, struct session *session,
			 const struct netpol_set *existing)
{
	int status = policy_print_draft(options, session, existing);

	commands_report_lost(options, session);
	return status;
}

int policy_main(const struct options *options)
{
	struct netpol_set existing = {0};

	int status = netpol_files_read(options->program, options->policy_paths,
				       options->policy_path_count, &existing);
	if (!status)
		status = watch_run(options, "the draft is printed", policy_finish, &existing);
	netpol_set_clear(&existing);
	return status;
}
