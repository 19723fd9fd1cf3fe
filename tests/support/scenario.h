/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a state from JSON lines, as the replay of a recording does. For cmocka tests: a refused
 * line fails the test. */
#ifndef POLECAT_TESTS_SUPPORT_SCENARIO_H
#define POLECAT_TESTS_SUPPORT_SCENARIO_H

#include <stddef.h>

#include "core/state/state.h"

/* Returns a new, empty state; free it with state_free. */
struct state *scenario_new(void);

/*
 * Applies records, one per line. `'` stands for `"`, which keeps the tests readable. printf-like.
 */
void scenario_add(struct state *state, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Applies one line unchanged. */
void scenario_add_line(struct state *state, const char *line);

/* Adds a pod. labels are written as in "'app':'web'". */
void scenario_pod(struct state *state, const char *namespace_name, const char *name, const char *ip,
		  const char *labels);

/* Adds one connection of a pod. The connection's id and time follow from `number`. direction is
 * "egress" or "ingress", result "ok", "refused" or "hanging". */
void scenario_flow(struct state *state, unsigned int number, const char *namespace_name,
		   const char *pod, const char *direction, const char *protocol, const char *peer,
		   unsigned int port, const char *result);

/* Returns the subject of a pod. Fails the test if there is no such subject. */
const struct subject *scenario_subject(const struct state *state, const char *namespace_name,
				       const char *pod);

#endif
