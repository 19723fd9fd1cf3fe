/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scope of the dashboard: the subjects that are counted and shown. The counts of the header
 * (the denied ones included), the subject of the lower panes, and the hidden counts in the title
 * of the table come from it. The rows of the table and of the summary are in scope, too. A filter
 * that is typed searches both within the scope, `!`, `c` and `o` search the table. None of them
 * changes the scope.
 *
 * The scope excludes the host's own processes if they are hidden (H), subjects that --namespace or
 * --podname reject, and all namespaces but the one that `n` chose. The state keeps the sums of
 * each group, so a flow costs the same with and without a scope. A change of the scope costs one
 * look at each subject. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_SCOPE_H
#define POLECAT_TUI_DASHBOARD_VIEW_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/state/state.h"

struct options;
struct session;

/* The groups of subjects (state_set_group). A hidden subject is in the group of the first
 * reason. */
enum scope_group {
	SCOPE_SHOWN = 0,
	SCOPE_HIDDEN_HOST,      /* H */
	SCOPE_HIDDEN_OPTIONS,   /* options of the command line */
	SCOPE_HIDDEN_NAMESPACE, /* n */
};

/* Zero-initialise. */
struct scope {
	const char *namespace_name; /* the only namespace to show; lives as long as the state */
	bool hides_host;
	size_t grouped; /* subjects that have their group */
	/* A subject is, or may be, in a container. Never unset: later frames look at new subjects
	 * only. */
	bool contained;
};

/* Gives each subject its group: all subjects if the scope has changed, else the new ones. Call it
 * before a frame. Returns true if the scope has changed. */
bool scope_update(struct scope *scope, struct session *session, const struct options *options,
		  const char *namespace_name);

/* Returns whether the options reject some connections of subjects in scope. Counts of subjects and
 * of edges include those; summary/selection.h has the counts without them. */
bool scope_options_split_subjects(const struct options *options);

/* Returns whether a subject is in scope. */
static inline bool scope_has(const struct subject *subject)
{
	return subject->group == SCOPE_SHOWN;
}

#endif
