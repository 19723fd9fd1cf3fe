/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/summary/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/policy/draft/group.h"
#include "core/policy/draft/group_labels.h"
#include "core/policy/draft/name.h"
#include "tui/dashboard/table/cells.h"

/* The largest number of members to check again in one call. A member takes about half a
 * microsecond. */
#define CHECK_MAX 4000
/* The members to add between two looks at the clock. */
#define STEP_MEMBERS 1000

void groups_clear(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		free(groups->items[i].key);
		free(groups->items[i].name);
		free(groups->items[i].members);
	}
	for (size_t i = 0; i < groups->subject_count; i++)
		free(groups->subjects[i].edges);
	free(groups->items);
	free(groups->subjects);
	hash_index_clear(&groups->index);
	buffer_free(&groups->key);
	buffer_free(&groups->name);
	*groups = (struct groups){0};
}

void groups_divide(struct groups *groups, enum group_by by)
{
	groups_clear(groups);
	groups->by = by;
}

const char *groups_word(enum group_by by, bool several)
{
	static const char *const words[GROUP_BYS][2] = {
		[GROUP_BY_WORKLOAD] = {"workload", "workloads"},
		[GROUP_BY_NAMESPACE] = {"namespace", "namespaces"},
		[GROUP_BY_NODE] = {"node", "nodes"},
		[GROUP_BY_PROCESS] = {"process", "processes"},
		[GROUP_BY_DESTINATION] = {"destination", "destinations"},
	};

	return words[by][several];
}

const struct edge *groups_edge(const struct state *state, struct groups_member member)
{
	const struct subject *subject = state_subject(state, member.subject);

	if (member.edge == 0)
		return subject->overflow;
	return member.edge <= subject->edge_count ? subject->edges[member.edge - 1] : NULL;
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
	/* Only their names distinguish pods that have neither an owner nor stable labels. */
	if (!group->kind && first >= labels->count) {
		groups_add_text_to_key(groups, group->pod->name);
		return;
	}
	name_make(group, NAME_PLAIN, name);
	buffer_printf(&groups->name, "%s/%s", group->namespace_name, name);
}

/* Writes the key and the name of a subject's workload. Leaves the name empty if it is that of the
 * subject. */
static void groups_write_workload(struct groups *groups, const struct state *state,
				  const struct subject *subject)
{
	struct group group;
	char kind[] = {(char)('0' + subject->kind), '\0'};

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

/* Writes a name that is the key, too. `unknown` is the name of the group without a name. */
static void groups_write_name(struct groups *groups, const char *name, const char *unknown)
{
	groups_add_text_to_key(groups, name);
	buffer_append_text(&groups->name, name && *name ? name : unknown);
}

static void groups_write_destination(struct groups *groups, const struct state *state,
				     const struct edge *edge)
{
	char peer[CELL_SIZE];
	char port[CELL_SIZE];

	if (edge->is_overflow) {
		groups_write_name(groups, NULL, "other destinations");
		return;
	}
	cell_edge_peer(state, edge, peer);
	cell_port(edge, port);
	groups_add_text_to_key(groups, edge->direction == FLOW_INGRESS ? "from" : "to");
	groups_add_text_to_key(groups, peer);
	groups_add_text_to_key(groups, port);
	buffer_printf(&groups->name, "%s %s", peer, port);
}

/* Writes the key and the name of a member's group. Returns false if the edge does not exist. */
static bool groups_write_key(struct groups *groups, const struct state *state,
			     struct groups_member member)
{
	const struct subject *subject = state_subject(state, member.subject);
	const struct edge *edge = groups_have_edges(groups) ? groups_edge(state, member) : NULL;

	buffer_clear(&groups->key);
	buffer_clear(&groups->name);
	if (groups_have_edges(groups) && !edge)
		return false;
	switch (groups->by) {
	case GROUP_BY_WORKLOAD:
	case GROUP_BYS:
		groups_write_workload(groups, state, subject);
		break;
	case GROUP_BY_NAMESPACE:
		groups_write_name(groups, subject->namespace_name, "no namespace");
		break;
	case GROUP_BY_NODE:
		groups_write_name(groups, state_node(state, subject), "unknown node");
		break;
	case GROUP_BY_PROCESS:
		groups_write_name(groups, edge->comm, "unknown program");
		break;
	case GROUP_BY_DESTINATION:
		groups_write_destination(groups, state, edge);
		break;
	}
	return true;
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

static struct groups_place *groups_place_of(struct groups *groups, struct groups_member member)
{
	struct groups_subject *subject = &groups->subjects[member.subject];

	return groups_have_edges(groups) ? &subject->edges[member.edge] : &subject->place;
}

static void groups_leave(struct groups *groups, struct groups_place *place)
{
	struct summary_group *group;
	struct groups_member last;

	if (place->group == GROUPS_NONE)
		return;
	group = &groups->items[place->group];
	last = group->members[--group->member_count];
	group->members[place->member] = last;
	groups_place_of(groups, last)->member = place->member;
	place->group = GROUPS_NONE;
}

static void groups_join(struct groups *groups, struct groups_member member, uint32_t at)
{
	struct groups_place *place = groups_place_of(groups, member);
	struct summary_group *group = at == GROUPS_NONE ? NULL : &groups->items[at];
	struct groups_member *added;

	place->group = GROUPS_NONE;
	if (!group)
		return;
	added = ARRAY_ADD(group->members, group->member_count, group->member_capacity);
	if (!added)
		return;
	*added = member;
	*place = (struct groups_place){at, (uint32_t)group->member_count - 1};
}

/* Puts a member into its group. */
static void groups_place(struct groups *groups, const struct state *state,
			 struct groups_member member)
{
	uint32_t group;

	if (!groups_write_key(groups, state, member))
		return;
	group = groups_get(groups);
	if (group == groups_place_of(groups, member)->group)
		return;
	groups_leave(groups, groups_place_of(groups, member));
	groups_join(groups, member, group);
}

/* Moves to the next member. Returns false after the last one, with the first one as the next. */
static bool groups_next_member(const struct groups *groups, struct groups_member *member)
{
	if (groups_have_edges(groups) &&
	    ++member->edge < groups->subjects[member->subject].edge_count)
		return true;
	member->edge = 0;
	if (++member->subject < groups->subject_count)
		return true;
	member->subject = 0;
	return false;
}

static void groups_check(struct groups *groups, const struct state *state)
{
	for (size_t i = 0; i < CHECK_MAX && groups->subject_count > 0; i++) {
		const struct groups_member *at = &groups->checked;

		if (!groups_have_edges(groups) ||
		    at->edge < groups->subjects[at->subject].edge_count)
			groups_place(groups, state, *at);
		if (!groups_next_member(groups, &groups->checked))
			return;
	}
}

/* Adds the new edges of a subject, up to `room`. Returns their number. */
static size_t groups_add_edges(struct groups *groups, const struct state *state, uint32_t index,
			       size_t room)
{
	struct groups_subject *subject = &groups->subjects[index];
	size_t known = subject->edge_count;
	size_t count = state_subject(state, index)->edge_count + 1;

	if (count - known > room)
		count = known + room;
	if (count == known || ARRAY_RESERVE(subject->edges, subject->edge_capacity, count))
		return 0;
	for (; subject->edge_count < count; subject->edge_count++) {
		subject->edges[subject->edge_count].group = GROUPS_NONE;
		groups_place(groups, state,
			     (struct groups_member){index, (uint32_t)subject->edge_count});
	}
	return count - known;
}

/* Adds new subjects, up to `room`. Returns their number. */
static size_t groups_add_subjects(struct groups *groups, const struct state *state, size_t room)
{
	size_t known = groups->subject_count;
	size_t count = state_subject_count(state);

	if (count - known > room)
		count = known + room;
	if (ARRAY_RESERVE(groups->subjects, groups->subject_capacity, count))
		return 0;
	for (; groups->subject_count < count; groups->subject_count++) {
		uint32_t index = (uint32_t)groups->subject_count;

		groups->subjects[index] = (struct groups_subject){.place.group = GROUPS_NONE};
		if (!groups_have_edges(groups))
			groups_place(groups, state, (struct groups_member){.subject = index});
	}
	return count - known;
}

/* Adds up to STEP_MEMBERS members. `subject` is the first one that may have new edges. Returns the
 * number of members. */
static size_t groups_add_some(struct groups *groups, const struct state *state, uint32_t *subject)
{
	size_t added = 0;

	if (!groups_have_edges(groups))
		return groups_add_subjects(groups, state, STEP_MEMBERS);
	groups_add_subjects(groups, state, SIZE_MAX);
	for (; *subject < groups->subject_count; ++*subject) {
		added += groups_add_edges(groups, state, *subject, STEP_MEMBERS - added);
		if (added == STEP_MEMBERS)
			break;
	}
	return added;
}

/* Returns the number of members that the state has. */
static size_t groups_count_members(const struct groups *groups, const struct state *state)
{
	size_t subjects = state_subject_count(state);
	size_t count = 0;

	if (!groups_have_edges(groups))
		return subjects;
	for (size_t i = 0; i < subjects; i++)
		count += state_subject(state, i)->edge_count + 1;
	return count;
}

void groups_update(struct groups *groups, const struct state *state, uint64_t until_ns)
{
	size_t members = groups_count_members(groups, state);
	uint32_t subject = 0;
	size_t added;

	do {
		added = groups_add_some(groups, state, &subject);
		groups->placed += added;
	} while (added == STEP_MEMBERS && groups->placed < members &&
		 clock_monotonic_ns() < until_ns);
	/* If fewer than STEP_MEMBERS were added, none is missing, or memory is short. */
	groups->missing = added == STEP_MEMBERS ? members - groups->placed : 0;
	groups->divided |= groups->missing == 0;
	if (groups->missing == 0)
		groups_check(groups, state);
}

unsigned int groups_percent(const struct groups *groups)
{
	size_t members = groups->placed + groups->missing;

	return members > 0 ? (unsigned int)(groups->placed * 100 / members) : 100;
}

uint32_t groups_of(const struct groups *groups, const struct subject *subject,
		   const struct edge *edge)
{
	const struct groups_subject *known;

	if (subject->index >= groups->subject_count)
		return GROUPS_NONE;
	known = &groups->subjects[subject->index];
	if (!groups_have_edges(groups))
		return known->place.group;
	for (size_t i = 1; i < known->edge_count; i++) {
		if (!edge || subject->edges[i - 1] == edge)
			return known->edges[i].group;
	}
	return GROUPS_NONE;
}

bool groups_contain(const struct groups *groups, uint32_t group, const struct subject *subject)
{
	const struct groups_subject *known;

	if (!groups_have_edges(groups))
		return groups_of(groups, subject, NULL) == group;
	if (subject->index >= groups->subject_count)
		return false;
	known = &groups->subjects[subject->index];
	for (size_t i = 0; i < known->edge_count; i++) {
		const struct edge *edge = i > 0 ? subject->edges[i - 1] : subject->overflow;

		if (known->edges[i].group == group && edge && edge->conn_count > 0)
			return true;
	}
	return false;
}
