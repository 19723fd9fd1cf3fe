/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Divides the subjects of a state, or their edges, into groups: the first level of the summary.
 * Groups by workload, namespace and node have subjects as members. Groups by process and
 * destination have edges. The group of a member may change when an identity becomes known. So
 * groups_update checks all members again, a limited number in each call. A call has a limited time,
 * so it may leave members without a group: see groups_are_behind. Draws nothing. Only for the main
 * thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_SUMMARY_GROUPS_H
#define POLECAT_TUI_DASHBOARD_SUMMARY_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/hash_index.h"
#include "core/state/state.h"

#define GROUPS_NONE UINT32_MAX

enum group_by {
	GROUP_BY_WORKLOAD = 0,
	GROUP_BY_NAMESPACE,
	GROUP_BY_NODE,
	GROUP_BY_PROCESS,
	GROUP_BY_DESTINATION,
	GROUP_BYS,
};

enum groups_open {
	GROUPS_FOLDED = 0,
	GROUPS_UNFOLDED, /* together with all others, as long as the rows fit */
	GROUPS_CHOSEN,   /* the row was unfolded by itself */
};

/* A subject, or one of its edges. */
struct groups_member {
	uint32_t subject; /* its index */
	uint32_t edge;    /* 0: the overflow edge; else the index in subject->edges, plus 1 */
};

/* The group of a member. */
struct groups_place {
	uint32_t group;  /* GROUPS_NONE: memory was short, or the edge does not exist yet */
	uint32_t member; /* the index in the members of the group */
};

struct groups_subject {
	struct groups_place place;  /* in groups of subjects */
	struct groups_place *edges; /* in groups of edges, by groups_member.edge */
	size_t edge_count;
	size_t edge_capacity;
};

struct summary_group {
	char *key; /* identifies the group; may contain NULs */
	size_t key_length;
	char *name; /* raw bytes, escape to print; NULL: that of its only member */
	struct groups_member *members; /* in no particular order */
	size_t member_count;
	size_t member_capacity;
	uint8_t open; /* enum groups_open */
};

/* Zero-initialise. Free with groups_clear. Groups are never removed, so their indices are valid
 * until then. A group may become empty. */
struct groups {
	enum group_by by;
	struct summary_group *items;
	size_t count;
	size_t capacity;
	struct hash_index index;         /* of items, by key */
	struct groups_subject *subjects; /* by the index of the subject */
	size_t subject_count;
	size_t subject_capacity;
	struct groups_member checked; /* the next member to check again */
	size_t placed;                /* members that were added */
	size_t missing;               /* members that the last groups_update had no time for */
	bool divided;                 /* no member was missing at least once */
	struct buffer key;
	struct buffer name;
};

void groups_clear(struct groups *groups);

/* Forgets all groups, and divides anew. */
void groups_divide(struct groups *groups, enum group_by by);

/* Returns whether the members of the groups are edges. */
static inline bool groups_have_edges(const struct groups *groups)
{
	return groups->by >= GROUP_BY_PROCESS;
}

/* Returns the word for a group ("workload"), or for several groups. */
const char *groups_word(enum group_by by, bool several);

/* Adds new members to their groups, and checks others again. Ends soon after `until_ns`
 * (clock_monotonic_ns), but adds some members in any case. */
void groups_update(struct groups *groups, const struct state *state, uint64_t until_ns);

/* Returns whether members are missing, so that another call of groups_update is due. */
static inline bool groups_are_behind(const struct groups *groups)
{
	return groups->missing > 0;
}

/* Returns the members that were added, in percent. */
unsigned int groups_percent(const struct groups *groups);

/* Returns the index of the group of a subject or, in groups of edges, of one of its edges (NULL:
 * any). GROUPS_NONE: none. */
uint32_t groups_of(const struct groups *groups, const struct subject *subject,
		   const struct edge *edge);

/* Returns whether a group has the subject as a member. A group of edges counts if it has one of the
 * subject's edges with connections. */
bool groups_contain(const struct groups *groups, uint32_t group, const struct subject *subject);

/* Returns the edge of a member of groups of edges; NULL: it does not exist yet. */
const struct edge *groups_edge(const struct state *state, struct groups_member member);

#endif
