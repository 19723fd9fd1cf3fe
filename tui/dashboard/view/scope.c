/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/scope.h"

#include <string.h>

#include "core/filter/filter.h"
#include "tui/options/options.h"
#include "tui/session/session.h"

/* Returns whether the options reject all connections of a subject. A pod may have several
 * containers, so an option for containers rejects only connections. */
static bool scope_options_reject(const struct options *options, const struct state *state,
				 const struct subject *subject)
{
	const struct flow flow = {0};
	const struct filter_input input = {
		.flow = &flow,
		.node = state_node(state, subject),
		.namespace_name = subject->namespace_name,
		.pod = subject->pod,
		.container = subject->container,
		.container_id = subject->container_id,
	};

	return !filter_has(options->filter, FILTER_NEEDS_CONTAINER) &&
	       filter_rejects_workload(options->filter, &input);
}

bool scope_options_split_subjects(const struct options *options)
{
	return filter_has(options->filter, FILTER_NEEDS_CONTAINER) ||
	       !filter_tests_only_workloads(options->filter);
}

static enum scope_group scope_group_of(const struct scope *scope, const struct options *options,
				       const struct state *state, const struct subject *subject)
{
	if (scope->hides_host && subject->kind == SUBJECT_PROCESS)
		return SCOPE_HIDDEN_HOST;
	if (scope_options_reject(options, state, subject))
		return SCOPE_HIDDEN_OPTIONS;
	if (scope->namespace_name && (!subject->namespace_name ||
				      strcmp(subject->namespace_name, scope->namespace_name) != 0))
		return SCOPE_HIDDEN_NAMESPACE;
	return SCOPE_SHOWN;
}

bool scope_update(struct scope *scope, struct session *session, const struct options *options,
		  const char *namespace_name)
{
	struct state *state = session_state(session);
	bool hides_host = session_hides_host(session);
	bool changed = scope->hides_host != hides_host || scope->namespace_name != namespace_name;

	scope->hides_host = hides_host;
	scope->namespace_name = namespace_name;
	if (changed)
		scope->grouped = 0;
	for (; scope->grouped < state_subject_count(state); scope->grouped++) {
		const struct subject *subject = state_subject(state, scope->grouped);

		state_set_group(state, scope->grouped,
				(uint8_t)scope_group_of(scope, options, state, subject));
		scope->contained |= subject->kind != SUBJECT_PROCESS;
	}
	return changed;
}
