/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/summary/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/policy/draft/group.h"
#include "core/policy/draft/group_labels.h"
#include "core/policy/draft/name.h"

/* The largest number of subjects to add, and of subjects to check again, in one call. A subject
 * takes about half a microsecond. */
#define STEP_MAX 4000

void groups_clear(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		free(groups->items[i].key);
		free(groups->items[i].name);
		free(groups->items[i].members);
	}
	free(groups->items);
	free(groups->places);
	hash_index_clear(&groups->index);
	buffer_free(&groups->key);
	buffer_free(&groups->name);
	*groups = (struct groups){0};
}

/* Appends a text and a NUL to the key. NULL counts as "". */
static void groups_add_to_key(struct groups *groups, const char *text, size_t length)
{
	buffer_append(&groups->key, text, length);
	buffer_append_char(&groups->key, '\0');
}

static void groups_add_text_to_key(struct groups *groups, const char *text)
{
	groups_add_to_key(groups, text, text ? strlen(text) : 0);
}

/* Writes the key of a pod's workload (group.h) and its name. */
static void groups_write_pod(struct groups *groups, const struct group *group)
{
	const struct labels *labels = &group->pod->labels;
	size_t first = group_labels_next_stable(labels, 0);
	char name[NAME_SIZE];

	groups_add_text_to_key(groups, group->namespace_name);
	groups_add_text_to_key(groups, group->kind);
	if (group->kind)
		groups_add_to_key(groups, group->name.text, group->name.length);
	for (size_t i = first; !group->kind && i < labels->count;
	     i = group_labels_next_stable(labels, i + 1)) {
		groups_add_text_to_key(groups, labels->items[i].key);
		groups_add_text_to_key(groups, labels->items[i].value);
	}
	/* Nothing tells pods without an owner and without stable labels apart but their names. */
	if (!group->kind && first >= labels->count) {
		groups_add_text_to_key(groups, group->pod->name);
		return;
	}
	name_make(group, NAME_PLAIN, name);
	buffer_printf(&groups->name, "%s/%s", group->namespace_name, name);
}

/* Writes the key and the name of a subject's workload. Leaves the name empty if it is that of the
 * subject. */
static void groups_write_key(struct groups *groups, const struct state *state,
			     const struct subject *subject)
{
	struct group group;
	char kind[] = {(char)('0' + subject->kind), '\0'};

	buffer_clear(&groups->key);
	buffer_clear(&groups->name);
	groups_add_text_to_key(groups, kind);
	if (subject->is_overflow || subject->kind == SUBJECT_UNRESOLVED ||
	    !group_find(state_workloads(state), subject, &group)) {
		groups_add_text_to_key(groups, "");
		groups_add_to_key(groups, (const char *)&subject->index, sizeof(subject->index));
	} else if (group.pod) {
		groups_write_pod(groups, &group);
	} else {
		groups_add_text_to_key(groups, group.kind);
		groups_add_to_key(groups, group.name.text, group.name.length);
		buffer_append(&groups->name, group.name.text, group.name.length);
	}
}

static bool groups_has_key(const struct groups *groups, const struct summary_group *group)
{
	return group->key_length == groups->key.length &&
	       memcmp(group->key, groups->key.data, group->key_length) == 0;
}

/* Adds a group with the key and the name that were written. Returns its index, or GROUPS_NONE. */
static uint32_t groups_add(struct groups *groups, uint64_t hash)
{
	struct summary_group *group;
	char *key = NULL;
	char *name = NULL;
	size_t key_length = groups->key.length;

	if (groups->key.error || groups->name.error || groups->count >= GROUPS_NONE ||
	    ARRAY_RESERVE(groups->items, groups->capacity, groups->count + 1) ||
	    buffer_steal(&groups->key, &key, NULL) ||
	    (groups->name.length > 0 && buffer_steal(&groups->name, &name, NULL)) ||
	    hash_index_insert(&groups->index, hash, (uint32_t)groups->count)) {
		free(key);
		free(name);
		return GROUPS_NONE;
	}
	group = &groups->items[groups->count];
	*group = (struct summary_group){.key = key, .key_length = key_length, .name = name};
	return (uint32_t)groups->count++;
}

/* Returns the group with the key that was written, and adds it if it is new. */
static uint32_t groups_get(struct groups *groups)
{
	uint64_t hash = hash_bytes(hash_seed(), groups->key.data, groups->key.length);
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&groups->index, hash, &cursor);

	while (at != HASH_INDEX_NONE && !groups_has_key(groups, &groups->items[at]))
		at = hash_index_next(&groups->index, &cursor);
	return at == HASH_INDEX_NONE ? groups_add(groups, hash) : at;
}

static void groups_leave(struct groups *groups, size_t index)
{
	struct groups_place *place = &groups->places[index];
	struct summary_group *group;

	if (place->group == GROUPS_NONE)
		return;
	group = &groups->items[place->group];
	group->members[place->member] = group->members[--group->member_count];
	groups->places[group->members[place->member]].member = place->member;
	place->group = GROUPS_NONE;
}

static void groups_join(struct groups *groups, size_t index, uint32_t at)
{
	struct groups_place *place = &groups->places[index];
	struct summary_group *group = at == GROUPS_NONE ? NULL : &groups->items[at];
	uint32_t *member;

	place->group = GROUPS_NONE;
	if (!group)
		return;
	member = ARRAY_ADD(group->members, group->member_count, group->member_capacity);
	if (!member)
		return;
	*member = (uint32_t)index;
	*place = (struct groups_place){at, (uint32_t)group->member_count - 1};
}

/* Puts a subject into its group. */
static void groups_place(struct groups *groups, const struct state *state, size_t index)
{
	uint32_t group;

	groups_write_key(groups, state, state_subject(state, index));
	group = groups_get(groups);
	if (group == groups->places[index].group)
		return;
	groups_leave(groups, index);
	groups_join(groups, index, group);
}

void groups_update(struct groups *groups, const struct state *state)
{
	size_t count = state_subject_count(state);
	size_t known = groups->place_count;
	size_t checks = known < STEP_MAX ? known : STEP_MAX;

	if (count - known > STEP_MAX)
		count = known + STEP_MAX;
	if (ARRAY_RESERVE(groups->places, groups->place_capacity, count))
		return;
	for (; checks > 0; checks--) {
		groups->checked = groups->checked < known ? groups->checked : 0;
		groups_place(groups, state, groups->checked++);
	}
	for (; groups->place_count < count; groups->place_count++) {
		groups->places[groups->place_count].group = GROUPS_NONE;
		groups_place(groups, state, groups->place_count);
	}
}

uint32_t groups_of(const struct groups *groups, const struct subject *subject)
{
	return subject->index < groups->place_count ? groups->places[subject->index].group
						    : GROUPS_NONE;
}
