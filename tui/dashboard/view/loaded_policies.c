/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/loaded_policies.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "tui/dashboard/view/scope.h"
#include "tui/policies/netpol_load.h"

/* An editor may save a file in several steps. Read the file QUIET_NS after the last step, but at
 * most LATEST_NS after the first step, because a program may write the file all the time. */
#define QUIET_NS  (NS_PER_SECOND / 5)
#define LATEST_NS NS_PER_SECOND
/* The list of changes is sorted and cut when it has this length. */
#define KEPT_MOST (4 * LOADED_CHANGES_MAX)
/* Edges to compare between two looks at the clock. */
#define STEPS_PER_LOOK 32

static void loaded_policies_free_set(struct netpol_set *set)
{
	if (set)
		netpol_set_clear(set);
	free(set);
}

static int loaded_policies_copy_paths(struct loaded_policies *loaded, const char *const *paths,
				      size_t count)
{
	struct string_list copy = {0};
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = string_list_add(&copy, paths[i]);
	if (error) {
		string_list_clear(&copy);
		return error;
	}
	string_list_clear(&loaded->paths);
	loaded->paths = copy;
	return 0;
}

/* Replaces the watch. If the paths cannot be watched, they are judged as they are now. */
static void loaded_policies_set_watch(struct loaded_policies *loaded, bool watched,
				      const struct policy_watch *watch)
{
	if (loaded->watched)
		policy_watch_close(&loaded->watch);
	loaded->watched = watched;
	loaded->watch = *watch;
}

int loaded_policies_read(struct loaded_policies *loaded, const struct options *options)
{
	loaded->set = calloc(1, sizeof(*loaded->set));
	if (!loaded->set || loaded_policies_copy_paths(loaded, options->policy_paths.items,
						       options->policy_paths.count))
		return options_report(options, 3, "%s", strerror(ENOMEM));
	loaded->of_cluster = options->cluster;
	return netpol_load(options, loaded->set);
}

int loaded_policies_start(struct loaded_policies *loaded, const struct state *state)
{
	if (loaded->paths.count == 0 && !loaded->of_cluster)
		return 0;
	if (!loaded->of_cluster)
		loaded->watched =
			policy_watch_open(&loaded->watch, (const char *const *)loaded->paths.items,
					  loaded->paths.count) == 0;
	return verdicts_new(loaded->set, state, &loaded->verdicts);
}

/* Frees the former policies. */
static void loaded_policies_forget(struct loaded_policies *loaded)
{
	verdicts_free(STEAL(loaded->before));
	loaded_policies_free_set(STEAL(loaded->set_before));
}

void loaded_policies_clear(struct loaded_policies *loaded)
{
	loaded_policies_forget(loaded);
	verdicts_free(loaded->verdicts);
	loaded_policies_free_set(loaded->set);
	string_list_clear(&loaded->paths);
	if (loaded->watched)
		policy_watch_close(&loaded->watch);
	free(loaded->changes);
	*loaded = (struct loaded_policies){0};
}

static int loaded_policies_compare(const void *a, const void *b)
{
	const struct edge *x = ((const struct verdict_change *)a)->edge;
	const struct edge *y = ((const struct verdict_change *)b)->edge;

	if (x->conn_count != y->conn_count)
		return x->conn_count > y->conn_count ? -1 : 1;
	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return (x > y) - (x < y);
}

/* Sorts the changes, and keeps the first LOADED_CHANGES_MAX of each side. */
static void loaded_policies_settle(struct loaded_policies *loaded)
{
	size_t kept[2] = {0};
	size_t count = 0;

	if (loaded->kept_count > 1)
		qsort(loaded->changes, loaded->kept_count, sizeof(*loaded->changes),
		      loaded_policies_compare);
	for (size_t i = 0; i < loaded->kept_count; i++) {
		bool denied = loaded->changes[i].now == EVALUATE_DENIED;

		if (kept[denied]++ < LOADED_CHANGES_MAX)
			loaded->changes[count++] = loaded->changes[i];
	}
	loaded->kept_count = count;
}

/* Judges an edge by the former policies (if there were any) and by the new ones. Adds the edge to
 * the changes if only one of the two denies it. */
static int loaded_policies_compare_edge(struct loaded_policies *loaded, const struct edge *edge)
{
	struct verdict_change change = {.edge = edge};

	if (edge->conn_count == 0)
		return 0;
	change.before = verdicts_judge(loaded->before, edge);
	change.now = verdicts_judge(loaded->verdicts, edge);
	bool denied = change.now == EVALUATE_DENIED;
	if (denied == (change.before == EVALUATE_DENIED))
		return 0;
	if (loaded->kept_count >= KEPT_MOST)
		loaded_policies_settle(loaded);
	if (ARRAY_RESERVE(loaded->changes, loaded->change_capacity, loaded->kept_count + 1))
		return -ENOMEM;
	loaded->changes[loaded->kept_count++] = change;
	loaded->change_count++;
	loaded->newly_denied += denied;
	return 0;
}

static void loaded_policies_end(struct loaded_policies *loaded)
{
	loaded_policies_settle(loaded);
	loaded->denied_before = verdicts_denied(loaded->before);
	loaded->comparing = false;
	loaded_policies_forget(loaded);
}

/* Compares the next edge in scope. Returns false if no edge is left. */
static bool loaded_policies_step(struct loaded_policies *loaded, const struct state *state)
{
	while (loaded->at_subject < state_subject_count(state)) {
		const struct subject *subject = state_subject(state, loaded->at_subject);

		/* Compare only edges in scope, because the counts of denied connections cover only
		 * the scope, too. */
		if (scope_has(subject) && loaded->at_edge < subject->edge_count) {
			if (loaded_policies_compare_edge(loaded, subject->edges[loaded->at_edge++]))
				loaded->compare_error = -ENOMEM;
			return true;
		}
		loaded->at_subject++;
		loaded->at_edge = 0;
	}
	return false;
}

bool loaded_policies_go_on(struct loaded_policies *loaded, const struct state *state,
			   uint64_t budget_ns)
{
	uint64_t end_ns = clock_monotonic_ns() + budget_ns;

	if (!loaded->comparing)
		return false;
	do {
		for (int i = 0; i < STEPS_PER_LOOK; i++) {
			if (!loaded_policies_step(loaded, state)) {
				loaded_policies_end(loaded);
				return true;
			}
		}
	} while (clock_monotonic_ns() < end_ns);
	return false;
}

unsigned int loaded_policies_progress(const struct loaded_policies *loaded,
				      const struct state *state)
{
	size_t count = state_subject_count(state);

	return count ? (unsigned int)(loaded->at_subject * 100 / count) : 100;
}

int loaded_policies_replace(struct loaded_policies *loaded, const struct state *state,
			    const char *const *paths, size_t count, uint64_t monotonic_ns,
			    char message[LOADED_MESSAGE_SIZE])
{
	struct netpol_load_first first = {.size = LOADED_MESSAGE_SIZE, .text = message};
	const struct netpol_load_report report = {netpol_load_keep_first, &first};
	struct netpol_set *set = calloc(1, sizeof(*set));
	struct verdicts *verdicts = NULL;
	bool again = paths == (const char *const *)loaded->paths.items;
	struct policy_watch watch;
	/* Watch before reading, so that a save in between is noticed. */
	bool watched = policy_watch_open(&watch, paths, count) == 0;

	message[0] = '\0';
	int status = set ? netpol_load_paths(paths, count, &report, set) : 3;
	/* Refuse paths without a policy. Nobody loads them on purpose, because they would allow
	 * everything. */
	if (!status && set->count + set->unjudged_count == 0)
		status = 4;
	if (!status && (verdicts_new(set, state, &verdicts) ||
			(!again && loaded_policies_copy_paths(loaded, paths, count))))
		status = 3;
	/* After a failed load, use the new watch if the paths are the same, because there may be
	 * new folders. Without a new watch, keep the old one: a file that is being saved may be
	 * missing for a moment, and then cannot be watched. */
	if (watched ? !status || again : !status && !again)
		loaded_policies_set_watch(loaded, watched, &watch);
	else if (watched)
		policy_watch_close(&watch);
	if (status) {
		if (!message[0])
			snprintf(message, LOADED_MESSAGE_SIZE, "%s", strerror(ENOMEM));
		verdicts_free(verdicts);
		loaded_policies_free_set(set);
		return status;
	}
	/* If the last comparison has not ended, drop it. */
	loaded_policies_forget(loaded);
	loaded->before = loaded->verdicts;
	loaded->set_before = loaded->set;
	loaded->verdicts = verdicts;
	loaded->set = set;
	loaded->of_cluster = false;
	loaded->loaded_ns = monotonic_ns;
	loaded->comparing = true;
	loaded->compare_error = 0;
	loaded->at_subject = loaded->at_edge = 0;
	loaded->change_count = loaded->kept_count = loaded->newly_denied = 0;
	message[0] = '\0';
	return 0;
}

bool loaded_policies_changed(struct loaded_policies *loaded, uint64_t monotonic_ns)
{
	if (loaded->watched && policy_watch_changed(&loaded->watch)) {
		if (loaded->due_ns == 0)
			loaded->latest_ns = monotonic_ns + LATEST_NS;
		loaded->due_ns = monotonic_ns + QUIET_NS;
		if (loaded->due_ns > loaded->latest_ns)
			loaded->due_ns = loaded->latest_ns;
	}
	if (loaded->due_ns == 0 || monotonic_ns < loaded->due_ns)
		return false;
	loaded->due_ns = 0;
	return true;
}
