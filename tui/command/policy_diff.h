/* SPDX-License-Identifier: Apache-2.0 */
/* `polecat policy --diff`: what a draft adds to the policies that exist, and what it leaves out. */
#ifndef POLECAT_TUI_COMMAND_POLICY_DIFF_H
#define POLECAT_TUI_COMMAND_POLICY_DIFF_H

#include "core/policy/draft/draft.h"
#include "core/policy/netpol/netpol.h"

struct options;
struct session;

/*
 * Prints the differences to standard output, and a summary to stderr. The exit status: 0 none, 1
 * some, 3 or 4 where that fails, told to stderr.
 */
int policy_diff_print(const struct options *options, struct session *session,
		      const struct draft_set *drafted, const struct netpol_set *existing);

#endif
