/* SPDX-License-Identifier: Apache-2.0 */
/* Converts the command line's options to struct draft_options, for `policy` and the dashboard. */
#ifndef POLECAT_TUI_POLICIES_DRAFT_CHOICE_H
#define POLECAT_TUI_POLICIES_DRAFT_CHOICE_H

#include "core/policy/draft/draft_options.h"
#include "core/policy/netpol/netpol.h"
#include "tui/options/options.h"

/* Returns the options for drafts. Their pointers point into *options, which must outlive them. The
 * caller sets the members that no option of the command line sets. `existing`: see struct
 * draft_options. */
struct draft_options draft_choice_of(const struct options *options,
				     const struct netpol_set *existing);

#endif
