/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/draft/drafting.h"
#include "core/policy/draft/group.h"
#include "core/policy/draft/model.h"
#include "core/policy/draft/name.h"

struct members {
	struct member *items;
	size_t count;
	size_t capacity;
};

static int drafting_start(struct drafting *drafting, const struct state *state,
			  const struct draft_options *options)
{
	struct policy_set *set = calloc(1, sizeof(*set));

	*drafting = (struct drafting){.state = state, .set = set};
	if (!set)
		return -ENOMEM;
	drafting->evidence.state = state;
	drafting->evidence.options = options;
	drafting->evidence.peers.workloads = state_workloads(state);
	drafting->evidence.peers.resolver = state_resolver(state);
	drafting->evidence.peers.arena = &set->arena;
	set->format = options->format;
	return 0;
}

static int compare_policies(const void *a, const void *b)
{
	return policy_compare(a, b);
}

static bool in_namespace_of(const struct policy_set *set, size_t index, size_t other)
{
	return other < set->count && strcmp(set->policies[index].namespace_name,
					    set->policies[other].namespace_name) == 0;
}

/*
 * Names the policies, which are in order, as a person wants. A template with the default name in it
 * makes another name of each; one without makes the same of all in a namespace. 0 or -ENOMEM.
 */
static int apply_names(struct policy_set *set, const char *name_template)
{
	bool distinct = name_template_has_name(name_template);

	for (size_t i = 0; i < set->count; i++) {
		struct policy *policy = &set->policies[i];
		bool shared = !distinct && (in_namespace_of(set, i, i + 1) ||
					    (i > 0 && in_namespace_of(set, i, i - 1)));
		char name[NAME_SIZE];
		name_expand(name_template, policy->name, policy->namespace_name, shared, name);
		policy->name = arena_string(&set->arena, name);
		if (!policy->name)
			return -ENOMEM;
	}
	if (set->count > 0)
		qsort(set->policies, set->count, sizeof(*set->policies), compare_policies);
	return 0;
}

/* Hands the set out, or frees it where there was an error. */
static int drafting_finish(struct drafting *drafting, int error, struct policy_set **out)
{
	const char *name_template = drafting->evidence.options->name_template;

	if (error == 0 && name_template)
		error = apply_names(drafting->set, name_template);
	if (error == 0)
		error = drafting_finish_warnings(drafting);
	evidence_free(&drafting->evidence);
	overlap_free(&drafting->overlap);
	widen_free(&drafting->widen);
	if (error != 0)
		policy_set_free(drafting->set);
	else
		*out = drafting->set;
	return error;
}

static int add_member(struct members *members, const struct group *group,
		      const struct subject *subject)
{
	if (members->count == members->capacity) {
		size_t capacity = members->capacity > 0 ? members->capacity * 2 : 16;
		struct member *grown = reallocarray(members->items, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		members->items = grown;
		members->capacity = capacity;
	}
	members->items[members->count++] = (struct member){.group = *group, .subject = subject};
	return 0;
}

static int collect_members(struct drafting *drafting, struct members *members)
{
	for (size_t i = 0; i < state_subject_count(drafting->state); i++) {
		const struct subject *subject = state_subject(drafting->state, i);
		struct group group;
		enum group_status status = group_identify(subject, &group);
		int error = status == GROUP_OK ? add_member(members, &group, subject)
					       : drafting_warn_subject(drafting, subject, status);
		if (error != 0)
			return error;
	}
	for (size_t i = 0; i < members->count; i++)
		members->items[i].hash = group_hash(&members->items[i].group);
	return 0;
}

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a;
	const struct member *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return group_compare(&x->group, &y->group);
}

/* One workload's members, and its name before it is known to be the only one of that name. */
struct run {
	const struct member *members;
	size_t count;
	const char *base;
};

static int compare_run_names(const void *a, const void *b)
{
	const struct run *x = a;
	const struct run *y = b;
	int order = strcmp(x->members[0].group.namespace_name, y->members[0].group.namespace_name);

	if (order == 0)
		order = strcmp(x->base, y->base);
	return order != 0 ? order : group_compare(&x->members[0].group, &y->members[0].group);
}

static bool same_name(const struct run *a, const struct run *b)
{
	return strcmp(a->base, b->base) == 0 &&
	       strcmp(a->members[0].group.namespace_name, b->members[0].group.namespace_name) == 0;
}

/* Cuts the sorted members into workloads. 0 or -ENOMEM. */
static int make_runs(struct arena *arena, const struct members *members, struct run *runs,
		     size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < members->count;) {
		struct run *run = &runs[(*count)++];
		char base[NAME_SIZE];
		*run = (struct run){.members = &members->items[i], .count = 1};
		while (i + run->count < members->count &&
		       compare_members(run->members, &members->items[i + run->count]) == 0)
			run->count++;
		name_base(&run->members[0].group, base);
		run->base = arena_string(arena, base);
		if (!run->base)
			return -ENOMEM;
		i += run->count;
	}
	qsort(runs, *count, sizeof(*runs), compare_run_names);
	return 0;
}

static int draft_all(struct drafting *drafting, struct members *members)
{
	struct policy_set *set = drafting->set;
	struct run *runs;
	size_t count;
	int error = collect_members(drafting, members);

	if (error != 0 || members->count == 0)
		return error;
	qsort(members->items, members->count, sizeof(*members->items), compare_members);
	runs = arena_array(&set->arena, members->count, sizeof(*runs));
	if (!runs)
		return -ENOMEM;
	error = make_runs(&set->arena, members, runs, &count);
	if (error != 0)
		return error;
	set->policies = arena_array(&set->arena, count, sizeof(*set->policies));
	if (!set->policies)
		return -ENOMEM;
	error = overlap_index(&drafting->overlap, state_workloads(drafting->state));
	for (size_t i = 0; error == 0 && i < count; i++) {
		bool shared = (i > 0 && same_name(&runs[i - 1], &runs[i])) ||
			      (i + 1 < count && same_name(&runs[i], &runs[i + 1]));
		error = drafting_add_workload(drafting, runs[i].members, runs[i].count, shared);
	}
	if (set->count > 0)
		qsort(set->policies, set->count, sizeof(*set->policies), compare_policies);
	return error;
}

bool draft_name_is_valid(const char *name_template)
{
	return name_template_is_valid(name_template);
}

int policy_draft(const struct state *state, const struct draft_options *options,
		 struct policy_set **out)
{
	static const struct draft_options defaults = {.dns = DRAFT_DNS_AUTO};
	struct drafting drafting;
	struct members members = {.items = NULL};
	int error = drafting_start(&drafting, state, options ? options : &defaults);

	if (error != 0)
		return error;
	error = draft_all(&drafting, &members);
	free(members.items);
	return drafting_finish(&drafting, error, out);
}

/* Whether the other workload, one that can have a policy, has the same base name. */
static bool shares_name(const struct group *other, const char *base, size_t length)
{
	char other_base[NAME_SIZE];

	if (!name_may_be(other, base, length))
		return false;
	name_base(other, other_base);
	return strcmp(base, other_base) == 0 && group_status(other) == GROUP_OK;
}

/* Subjects and their names lie all over the memory: the next ones are fetched while one is looked
 * at. */
static void prefetch_subjects(const struct state *state, size_t index)
{
	size_t count = state_subject_count(state);

	if (index + 16 < count)
		__builtin_prefetch(state_subject(state, index + 16));
	if (index + 8 < count)
		__builtin_prefetch(state_subject(state, index + 8)->namespace_name);
}

/*
 * Finds the workload's other subjects, and whether another workload has its name. Looks at every
 * subject: the cheapest questions come first.
 */
static int find_members(const struct state *state, const struct group *group,
			struct members *members, bool *shared)
{
	char base[NAME_SIZE];
	size_t length = name_base(group, base);

	*shared = false;
	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		struct group other;
		prefetch_subjects(state, i);
		if (subject->pod_record &&
		    strcmp(subject->namespace_name, group->namespace_name) != 0)
			continue;
		if (!group_find(subject, &other) ||
		    strcmp(other.namespace_name, group->namespace_name) != 0)
			continue;
		if (group_compare(group, &other) != 0)
			*shared = *shared || shares_name(&other, base, length);
		else if (group_status(&other) == GROUP_OK &&
			 add_member(members, &other, subject) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int draft_one(struct drafting *drafting, const struct subject *subject,
		     struct members *members)
{
	struct policy_set *set = drafting->set;
	struct group group;
	bool shared;
	enum group_status status = group_identify(subject, &group);

	if (status != GROUP_OK)
		return drafting_warn_subject(drafting, subject, status);
	set->policies = arena_array(&set->arena, 1, sizeof(*set->policies));
	if (!set->policies)
		return -ENOMEM;
	int error = find_members(drafting->state, &group, members, &shared);
	if (error != 0)
		return error;
	return drafting_add_workload(drafting, members->items, members->count, shared);
}

int policy_draft_subject(const struct state *state, const struct subject *subject,
			 const struct draft_options *options, struct policy_set **out)
{
	static const struct draft_options defaults = {.dns = DRAFT_DNS_AUTO};
	struct drafting drafting;
	struct members members = {.items = NULL};
	int error = drafting_start(&drafting, state, options ? options : &defaults);

	if (error != 0)
		return error;
	error = draft_one(&drafting, subject, &members);
	free(members.items);
	return drafting_finish(&drafting, error, out);
}
