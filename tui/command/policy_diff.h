/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat policy --diff`: compares a draft with existing policies. */
#ifndef POLECAT_TUI_COMMAND_POLICY_DIFF_H
#define POLECAT_TUI_COMMAND_POLICY_DIFF_H

#include "core/policy/draft/draft.h"
#include "core/policy/netpol/netpol.h"

struct options;
struct session;

/*
 * Prints the differences to standard output and a summary to stderr. Returns the exit status: 0 no
 * differences, 1 differences, 3 or 4 after reporting a failure.
 */
int policy_diff_print(const struct options *options, struct session *session,
		      const struct draft_set *drafted, const struct netpol_set *existing);

#endif
