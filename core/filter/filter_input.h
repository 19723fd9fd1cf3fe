/* SPDX-License-Identifier: Apache-2.0 */
/* The view of one connection that a filter judges. */
#ifndef POLECAT_CORE_FILTER_FILTER_INPUT_H
#define POLECAT_CORE_FILTER_FILTER_INPUT_H

#include "core/record/record.h"

/* Strings and labels may be NULL: unknown. Filters keep no pointer after a call. */
struct filter_input {
	const struct flow *flow;
	const char *node;
	const char *namespace_name;
	const char *pod;
	const char *container;
	const char *container_id;
	const struct labels *labels;
	const char *peer; /* the peer's name as shown, without the address */
	const char *dns;
	const char *state; /* as shown: "established", "hanging", "refused" … */
};

#endif
