/* SPDX-License-Identifier: Apache-2.0 */
/* Completes keys, values and names (@NAME) in an expression. Values come from the connections that
 * the state has. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_FILTER_COMPLETION_H
#define POLECAT_TUI_DASHBOARD_FILTER_COMPLETION_H

#include "core/filter/filter_names.h"
#include "core/state/state.h"
#include "tui/dashboard/screen/completion.h"

struct filter_completion_source {
	const struct state *state;
	const struct filter_names *names; /* NULL: none */
	size_t from;                      /* the offset of the expression in the line */
};

/* Finds the items for the word before the cursor: a key, the value of a key, or a name. `data` is a
 * struct filter_completion_source. Reads at most the 20,000 newest connections. */
void filter_completion_find(struct completion *completion, const struct input_line *line,
			    const void *data);

#endif
