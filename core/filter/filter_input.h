/* SPDX-License-Identifier: Apache-2.0 */
/* The facts about one connection that a filter tests, and the traits of a filter's terms. */
#ifndef POLECAT_CORE_FILTER_FILTER_INPUT_H
#define POLECAT_CORE_FILTER_FILTER_INPUT_H

#include "core/record/record.h"

/* A NULL string is unknown, and so are NULL labels. Filters keep no pointer after a call. */
struct filter_input {
	const char *drop; /* reason for the last dropped packet; NULL: unknown */
	const struct flow *flow;
	const char *node;
	const char *namespace_name;
	const char *pod;
	const char *container;
	const char *container_id;
	const struct labels *labels;
	const char *peer; /* the peer's name as shown, without the address */
	const char *dns;
	const char *state;    /* as shown: "established", "hanging", "refused" … */
	uint64_t rate;        /* bytes a second, both directions; with has_rate */
	uint64_t latency_ns;  /* of an attempt, the time so far; with has_latency */
	uint64_t age_ns;      /* since the connection began; with has_age */
	uint64_t connections; /* to the same peer and port; 0: unknown */
	/* "yes" or "no": the destination is new, or in the baseline. NULL: unknown, or there is no
	 * baseline. */
	const char *is_new;
	bool has_rate;
	bool has_latency;
	bool has_age;
	/* The event to test in place of flow->event: one that the state does not store for the
	 * connection, such as FLOW_DROPPED. 0: test flow->event. */
	uint8_t event;
};

enum filter_trait {
	/* A term reads names of pods or containers, or labels. A connection that the filter rejects
	 * may pass once these are known. */
	FILTER_NEEDS_NAMES = 1,
	/* A term reads names of containers. The term then also has FILTER_NEEDS_NAMES. */
	FILTER_NEEDS_CONTAINER,
	/* A term tests only the namespace, the pod or the container. A term that tests labels does
	 * not have this trait, because labels may change. */
	FILTER_TESTS_WORKLOAD,
	/* A term tests a value that a destination, the sum of its connections, does not have. Such
	 * a term never passes destinations. */
	FILTER_OF_CONNECTION,
	/* A term tests whether the destination is new (filter_input.is_new). */
	FILTER_NEEDS_BASELINE,
};

#endif
