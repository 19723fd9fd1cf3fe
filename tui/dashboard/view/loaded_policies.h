/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The NetworkPolicies that the dashboard judges connections by: those of the command line, and
 * those that the user loads later. Watches their files. After each save, everything that was seen
 * is judged again, and the destinations whose verdict changed are listed. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_LOADED_POLICIES_H
#define POLECAT_TUI_DASHBOARD_VIEW_LOADED_POLICIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/netpol/netpol.h"
#include "core/state/state.h"
#include "tui/dashboard/view/verdicts.h"
#include "tui/options/options.h"
#include "tui/policies/policy_watch.h"

#define LOADED_MESSAGE_SIZE 512
#define LOADED_CHANGES_MAX  1000

/* A destination whose verdict another set of policies changed. */
struct verdict_change {
	const struct edge *edge;
	uint8_t before; /* enum evaluate_verdict; 0: no policies were loaded */
	uint8_t now;
};

/* Zero-initialise. Free with loaded_policies_clear. */
struct loaded_policies {
	struct netpol_set *set;    /* NULL: nothing was loaded yet */
	struct verdicts *verdicts; /* by `set`; NULL: none */
	struct string_list paths;
	bool of_cluster; /* the set has policies of the cluster, and its files are not watched */
	bool watched;
	struct policy_watch watch;
	uint64_t due_ns;    /* when to read the files again after a change; 0: no change */
	uint64_t latest_ns; /* the latest due_ns that further changes can lead to */
	/* The comparison of the latest set with the former one. It continues at the edge with the
	 * index at_edge of the subject with the index at_subject. */
	bool comparing;
	int compare_error; /* -ENOMEM: `changes` lacks some */
	size_t at_subject;
	size_t at_edge;
	struct netpol_set *set_before; /* while `comparing`; NULL: none */
	struct verdicts *before;       /* by `set_before`; NULL: none */
	/* The destinations that are denied by the latest set and were not before, or the reverse.
	 * Those with the most connections come first. At most LOADED_CHANGES_MAX of each side are
	 * kept; all are counted. */
	struct verdict_change *changes;
	size_t kept_count;
	size_t change_capacity;
	size_t change_count;
	size_t newly_denied;    /* of change_count */
	uint64_t denied_before; /* connections that the former set denied */
	uint64_t loaded_ns; /* CLOCK_MONOTONIC, when the latest set replaced another; 0: never */
};

/* Reads the policies of the command line, with reports on stderr. Returns 0 or an exit status
 * (netpol_load). */
int loaded_policies_read(struct loaded_policies *loaded, const struct options *options);

/* Begins to judge by the policies of loaded_policies_read, and to watch their files. Does nothing
 * if no policies were read. Returns 0 or -ENOMEM. */
int loaded_policies_start(struct loaded_policies *loaded, const struct state *state);

void loaded_policies_clear(struct loaded_policies *loaded);

/*
 * Reads the policies of some paths in place of the present ones. If they cannot be read, or if the
 * paths have no policy, keeps the present ones, and returns the exit status (netpol_load_paths)
 * with the first error in `message`. Otherwise returns 0 and begins to judge every edge in scope,
 * which loaded_policies_go_on continues. Pointers to the old set and verdicts are then invalid.
 */
int loaded_policies_replace(struct loaded_policies *loaded, const struct state *state,
			    const char *const *paths, size_t count, uint64_t monotonic_ns,
			    char message[LOADED_MESSAGE_SIZE]);

/* Continues the comparison with the former policies for about `budget_ns`. Returns true if it ended
 * in this call: the changes and denied_before are then complete. */
bool loaded_policies_go_on(struct loaded_policies *loaded, const struct state *state,
			   uint64_t budget_ns);

/* Returns how much of the comparison is done, in percent. */
unsigned int loaded_policies_progress(const struct loaded_policies *loaded,
				      const struct state *state);

/* Returns true if watched files have changed, and their last change was a moment ago. The caller
 * then replaces the policies with those of the same paths. */
bool loaded_policies_changed(struct loaded_policies *loaded, uint64_t monotonic_ns);

#endif
