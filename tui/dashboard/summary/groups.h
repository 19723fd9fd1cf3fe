/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Divides the subjects of a state into groups: the first level of the summary. The group of a
 * subject may change when its identity becomes known. So groups_update checks all subjects again,
 * a limited number in each call. Draws nothing. Only for the main thread.
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

struct summary_group {
	char *key; /* identifies the group; may contain NULs */
	size_t key_length;
	char *name;        /* raw bytes, escape to print; NULL: that of its only member */
	uint32_t *members; /* indices of subjects, in no particular order */
	size_t member_count;
	size_t member_capacity;
	bool open; /* the row is unfolded */
};

/* Zero-initialise. Free with groups_clear. Groups are never removed, so their indices are valid
 * until then. A group may become empty. */
struct groups {
	struct summary_group *items;
	size_t count;
	size_t capacity;
	struct hash_index index; /* of items, by key */
	/* By the index of a subject: its group, and its place in the members. */
	struct groups_place {
		uint32_t group; /* GROUPS_NONE: memory was short */
		uint32_t member;
	} * places;
	size_t place_count; /* subjects that have their group */
	size_t place_capacity;
	size_t checked; /* the next subject to check again */
	struct buffer key;
	struct buffer name;
};

void groups_clear(struct groups *groups);

/* Adds new subjects to their groups, and checks others again. */
void groups_update(struct groups *groups, const struct state *state);

/* Returns the index of a subject's group, or GROUPS_NONE. */
uint32_t groups_of(const struct groups *groups, const struct subject *subject);

#endif
