/* SPDX-License-Identifier: Apache-2.0 */
/* The things that have a page, as a line of a page names them. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_THING_H
#define POLECAT_TUI_DASHBOARD_VIEW_THING_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/state/subject.h"

enum thing_kind {
	THING_NONE = 0,
	THING_SUBJECT,
	THING_EDGE,     /* a destination or a client of a subject */
	THING_PEER,     /* the peer of an edge: a pod, a Service, a node or an address */
	THING_POD,      /* a pod, with or without connections */
	THING_SERVICE,  /* a Service of Kubernetes */
	THING_WORKLOAD, /* an owner of pods; `name` has its kind: "ReplicaSet web-6d4cf56db6" */
	THING_NODE,
	THING_DNS_NAME,
	THING_ADDRESS,
	THING_POLICY, /* a loaded NetworkPolicy */
};

/* Zero-initialise, because THING_NONE uses none of the other members, and each kind only some. */
struct thing {
	uint8_t kind;                  /* enum thing_kind */
	uint8_t family;                /* of ADDRESS: 4 or 6 */
	const struct subject *subject; /* of SUBJECT */
	const struct edge *edge;       /* of EDGE and PEER; not an overflow edge */
	/* Of the kinds with names; texts of links_text, so that equal texts are one pointer. */
	const char *namespace_name; /* NULL: the kind has no namespace */
	const char *name;
	struct flow_address address; /* of ADDRESS; network byte order */
};

static inline bool thing_is_same(const struct thing *a, const struct thing *b)
{
	return a->kind == b->kind && a->family == b->family && a->subject == b->subject &&
	       a->edge == b->edge && a->namespace_name == b->namespace_name && a->name == b->name &&
	       memcmp(&a->address, &b->address, sizeof(a->address)) == 0;
}

#endif
