/* SPDX-License-Identifier: Apache-2.0 */
/* The choices for drafts on the command line, which `policy` and the dashboard share. */
#ifndef POLECAT_TUI_POLICIES_DRAFT_CHOICE_H
#define POLECAT_TUI_POLICIES_DRAFT_CHOICE_H

#include "core/policy/draft/draft_options.h"
#include "core/policy/netpol/netpol.h"
#include "tui/options/options.h"

/* Returns the choices. Their texts and filters belong to the options, which must outlive them. The
 * caller sets the members for which there is no option. `existing` are the existing policies, or
 * NULL. */
struct draft_options draft_choice_of(const struct options *options,
				     const struct netpol_set *existing);

#endif
