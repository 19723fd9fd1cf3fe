/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/command/policy_diff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"
#include "core/policy/netpol/netpol_diff.h"
#include "tui/options/options.h"
#include "tui/session/output.h"

#define LINE_SIZE 8192

/* The draft as anybody would read it: what is printed is what is compared. */
static int read_draft(const struct policy_set *drafted, struct netpol_set *policies,
		      struct netpol_error *error)
{
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;

	int result = policy_print_yaml(drafted, POLICY_ALL, &text, &length);
	return result ? result : netpol_read(policies, "draft", text, length, "default", error);
}

static int print_lines(const struct netpol_diff *diff, struct output *output)
{
	int error = 0;

	for (size_t i = 0; i < diff->lines.count && !error; i++) {
		char line[LINE_SIZE];
		text_escape(diff->lines.items[i], line, sizeof(line));
		error = output_line(output, line);
	}
	return error ? error : output_flush(output);
}

int policy_diff_print(const struct options *options, struct session *session,
		      const struct policy_set *drafted, const struct netpol_set *existing)
{
	struct netpol_set policies = {0};
	struct netpol_error refused = {0};
	struct netpol_diff diff = {0};
	struct output output;

	output_open(&output, STDOUT_FILENO, session);
	int error = read_draft(drafted, &policies, &refused);
	/* What a filter hides was not drafted for; that says nothing about its policies. */
	if (!error)
		error = netpol_diff(&policies, existing, filter_is_empty(options->filter), &diff);
	if (!error)
		error = print_lines(&diff, &output);
	int status = diff.added + diff.removed > 0 ? 1 : 0;
	if (error && error != output.error) {
		fprintf(stderr, "%s: %s\n", options->program,
			refused.message[0] ? refused.message : strerror(-error));
		status = 3;
	} else {
		fprintf(stderr, "%s: %zu drafted, %zu existing: %zu added (+), %zu removed (-)\n",
			options->program, policies.count, existing->count, diff.added,
			diff.removed);
		status = output_status(&output, options->program, status);
	}
	output_free(&output);
	netpol_diff_clear(&diff);
	netpol_set_clear(&policies);
	return status;
}
