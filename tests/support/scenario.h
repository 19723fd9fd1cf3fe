/* SPDX-License-Identifier: Apache-2.0 */
/* A state made from JSON lines, as by a recording. For cmocka tests: fails the test if a line is
 * refused. */
#ifndef POLECAT_TESTS_SUPPORT_SCENARIO_H
#define POLECAT_TESTS_SUPPORT_SCENARIO_H

#include <stddef.h>

#include "core/state/state.h"

/* Returns a new, empty state; free it with state_free. */
struct state *scenario_new(void);

/* Applies records, one a line. `'` stands for `"`, so that a test can be read. printf-like. */
void scenario_add(struct state *state, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Applies one line as it is. */
void scenario_add_line(struct state *state, const char *line);

/* A pod: labels as in "'app':'web'". */
void scenario_pod(struct state *state, const char *namespace_name, const char *name, const char *ip,
		  const char *labels);

/*
 * One connection of a pod, its id and time from `number`: "egress" or "ingress", protocol, peer,
 * port, result "ok", "refused" or "hanging".
 */
void scenario_flow(struct state *state, unsigned int number, const char *namespace_name,
		   const char *pod, const char *direction, const char *protocol, const char *peer,
		   unsigned int port, const char *result);

/* Returns the subject of a pod. Fails the test if there is no such subject. */
const struct subject *scenario_subject(const struct state *state, const char *namespace_name,
				       const char *pod);

#endif
