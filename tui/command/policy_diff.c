/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/command/policy_diff.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/policy/netpol/netpol_diff.h"
#include "tui/options/options.h"
#include "tui/session/output.h"

#define LINE_SIZE 8192

static int policy_diff_print_lines(const struct netpol_diff *diff, struct output *output)
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
		      const struct draft_set *drafted, const struct netpol_set *existing)
{
	struct netpol_diff diff = {0};
	struct output output;

	output_open(&output, STDOUT_FILENO, session);
	/* A filter hides workloads, so a missing draft does not make a policy useless. */
	int error =
		netpol_diff(&drafted->policies, existing, filter_is_empty(options->filter), &diff);
	if (!error)
		error = policy_diff_print_lines(&diff, &output);
	int status = diff.added + diff.removed > 0 ? 1 : 0;
	if (error && error != output.error) {
		fprintf(stderr, "%s: %s\n", options->program, strerror(-error));
		status = 3;
	} else {
		fprintf(stderr, "%s: %zu drafted, %zu existing: %zu added (+), %zu removed (-)\n",
			options->program, drafted->policies.count, existing->count, diff.added,
			diff.removed);
		status = output_status(&output, options->program, status);
	}
	output_free(&output);
	netpol_diff_clear(&diff);
	return status;
}
