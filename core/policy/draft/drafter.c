/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/drafter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/policy/draft/default_deny.h"
#include "core/policy/draft/name.h"
#include "core/policy/draft/unkept.h"
#include "core/policy/draft/workload_drafter.h"

#define WARNINGS_MAX 200

struct drafter_members {
	struct member *items;
	size_t count;
	size_t capacity;
};

/* --- order and names --- */

static int drafter_compare_drafts(const void *a, const void *b)
{
	const struct draft *x = a;
	const struct draft *y = b;

	return netpol_compare(x->policy, y->policy);
}

/* Sorts the drafts, and the policies with them. Returns 0 or -ENOMEM. */
static int drafter_sort(struct draft_set *set)
{
	struct netpol_set *policies = &set->policies;
	struct netpol *sorted = reallocarray(NULL, policies->count + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	/* Adding policies has moved them in memory. */
	for (size_t i = 0; i < policies->count; i++)
		set->items[i].policy = &policies->items[i];
	/* Workloads are drafted in the order of their plain names. Names that differ from the plain
	 * names change this order. */
	bool is_sorted = true;
	for (size_t i = 1; i < policies->count && is_sorted; i++)
		is_sorted = drafter_compare_drafts(&set->items[i - 1], &set->items[i]) <= 0;
	if (!is_sorted)
		qsort(set->items, policies->count, sizeof(*set->items), drafter_compare_drafts);
	for (size_t i = 0; i < policies->count; i++) {
		sorted[i] = *set->items[i].policy;
		set->items[i].policy = &sorted[i];
	}
	free(policies->items);
	policies->items = sorted;
	policies->capacity = policies->count;
	return 0;
}

/* Returns whether two policies have the same namespace and name. */
static bool drafter_same_name(const struct netpol *a, const struct netpol *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->namespace_name, b->namespace_name) == 0;
}

/* Gives a draft the name that a template makes. Returns 0 or -ENOMEM. */
static int drafter_rename(struct draft *draft, const char *name_template, const char *name,
			  enum name_sharing sharing)
{
	const struct name_values values = {
		.name = name,
		.namespace_name = draft->policy->namespace_name,
		.workload = draft->base,
		.kind = draft->kind,
	};
	char expanded[NAME_SIZE];

	name_expand(name_template, &values, sharing, expanded);
	draft->policy->name = arena_string(draft->lines[0].arena, expanded);
	return draft->policy->name ? 0 : -ENOMEM;
}

/* Renames the drafts with a template, and sorts them. Within a namespace, the default names differ,
 * but a template can make equal names. Drafts with equal names are renamed again. Returns 0 or
 * -ENOMEM. */
static int drafter_apply_template(struct draft_set *set, const char *name_template)
{
	enum name_sharing sharing = NAME_NOT_SHARED;
	size_t count = set->policies.count;
	CLEANUP_FREE bool *again = calloc(count + 1, sizeof(*again));
	int error = again ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !error; i++) {
		set->items[i].name = set->items[i].policy->name;
		again[i] = true;
	}
	for (; !error && sharing <= NAME_SHARED_STILL; sharing++) {
		for (size_t i = 0; i < count && !error; i++) {
			if (again[i])
				error = drafter_rename(&set->items[i], name_template,
						       set->items[i].name, sharing);
		}
		if (!error)
			error = drafter_sort(set);
		for (size_t i = 0; i < count && !error; i++) {
			const struct netpol *policy = set->items[i].policy;
			again[i] = (i > 0 && drafter_same_name(policy - 1, policy)) ||
				   (i + 1 < count && drafter_same_name(policy, policy + 1));
		}
	}
	return error;
}

/* --- all workloads --- */

static int drafter_add_member(struct drafter_members *members, const struct group *group,
			      const struct subject *subject)
{
	struct member *added = ARRAY_ADD(members->items, members->count, members->capacity);

	if (!added)
		return -ENOMEM;
	*added = (struct member){.group = *group, .subject = subject};
	return 0;
}

static int drafter_collect_members(struct workload_drafter *drafter,
				   struct drafter_members *members)
{
	for (size_t i = 0; i < state_subject_count(drafter->state); i++) {
		const struct subject *subject = state_subject(drafter->state, i);
		struct group group;
		if (subject->is_overflow) {
			unkept_warn(subject, &drafter->set->warnings);
			continue;
		}
		enum group_status status =
			group_identify(state_workloads(drafter->state), subject, &group);
		if (status != GROUP_OK)
			workload_drafter_warn(drafter, subject, status);
		else if (drafter_add_member(members, &group, subject) != 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < members->count; i++)
		members->items[i].hash = group_hash(&members->items[i].group);
	return 0;
}

static int drafter_compare_members(const void *a, const void *b)
{
	const struct member *x = a;
	const struct member *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return group_compare(&x->group, &y->group);
}

static int drafter_compare_names(const struct workload *a, const struct workload *b)
{
	int order = strcmp(a->members[0].group.namespace_name, b->members[0].group.namespace_name);

	return order != 0 ? order : strcmp(a->base, b->base);
}

static int drafter_compare_workloads(const void *a, const void *b)
{
	const struct workload *x = a;
	const struct workload *y = b;
	int order = drafter_compare_names(x, y);

	return order != 0 ? order : group_compare(&x->members[0].group, &y->members[0].group);
}

/* Returns the number of members at the beginning of the list that belong to one workload. */
static size_t drafter_count_equal(const struct member *members, size_t count)
{
	size_t equal = 1;

	while (equal < count && drafter_compare_members(members, &members[equal]) == 0)
		equal++;
	return equal;
}

/* Finds the owners whose pods share no stable label, and sorts the members of each such owner by
 * their labels. Returns 0 or -ENOMEM. */
static int drafter_split_owners(struct group_rules *rules, struct drafter_members *members)
{
	int error = 0;

	for (size_t i = 0; i < members->count && error == 0;) {
		struct member *first = &members->items[i];
		size_t count = drafter_count_equal(first, members->count - i);
		error = group_split(&first->group, rules);
		for (size_t k = 0; first->group.by_labels && k < count; k++) {
			first[k].group.by_labels = true;
			first[k].hash = group_hash(&first[k].group);
		}
		if (first->group.by_labels)
			qsort(first, count, sizeof(*first), drafter_compare_members);
		i += count;
	}
	return error;
}

/* Compares two workloads by namespace and plain name. The key needs only `members` and `base`. */
static int drafter_compare_name(const void *key, const void *item)
{
	return drafter_compare_names(key, item);
}

/* Returns whether another workload may get the name that NAME_WITH_KIND gives to workload `index`.
 * `workloads` is sorted, so workloads with the same plain name are neighbours. */
static bool drafter_shares_kind(const struct workload *workloads, size_t count, size_t index)
{
	char name[NAME_SIZE];
	char other[NAME_SIZE];
	struct workload with_kind = {.members = workloads[index].members, .base = name};
	size_t first = index;

	name_make(&workloads[index].members[0].group, NAME_WITH_KIND, name);
	if (bsearch(&with_kind, workloads, count, sizeof(*workloads), drafter_compare_name))
		return true;
	while (first > 0 && drafter_compare_names(&workloads[first - 1], &workloads[index]) == 0)
		first--;
	for (size_t i = first;
	     i < count && drafter_compare_names(&workloads[i], &workloads[index]) == 0; i++) {
		name_make(&workloads[i].members[0].group, NAME_WITH_KIND, other);
		if (i != index && strcmp(name, other) == 0)
			return true;
	}
	return false;
}

/* Sets `shared` and `kind_shared` of the workloads, which are sorted by name. */
static void drafter_find_shared_names(struct workload *workloads, size_t count,
				      const struct draft_options *options)
{
	for (size_t i = 1; i < count; i++) {
		if (drafter_compare_names(&workloads[i - 1], &workloads[i]) == 0)
			workloads[i - 1].shared = workloads[i].shared = true;
	}
	for (size_t i = 0; i < count; i++) {
		if (workloads[i].shared || (options->existing && options->existing->count > 0))
			workloads[i].kind_shared = drafter_shares_kind(workloads, count, i);
	}
}

/* Divides the sorted members into workloads. Returns 0 or -ENOMEM. */
static int drafter_find_workloads(struct arena *arena, const struct drafter_members *members,
				  struct workload *workloads, size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < members->count;) {
		struct workload *workload = &workloads[(*count)++];
		char base[NAME_SIZE];
		*workload = (struct workload){
			.members = &members->items[i],
			.count = drafter_count_equal(&members->items[i], members->count - i)};
		name_make(&workload->members[0].group, NAME_PLAIN, base);
		workload->base = arena_string(arena, base);
		if (!workload->base)
			return -ENOMEM;
		i += workload->count;
	}
	qsort(workloads, *count, sizeof(*workloads), drafter_compare_workloads);
	return 0;
}

static int drafter_draft_all(struct workload_drafter *drafter, struct drafter_members *members)
{
	struct draft_set *set = drafter->set;
	struct arena *arena = &set->policies.arena;
	size_t count;
	int error = drafter_collect_members(drafter, members);

	if (error != 0 || members->count == 0)
		return error;
	error = array_sort_by_number(members->items, members->count, sizeof(*members->items),
				     offsetof(struct member, hash), drafter_compare_members);
	if (error == 0)
		error = drafter_split_owners(&drafter->evidence.peers.labels, members);
	struct workload *workloads = arena_array(arena, members->count, sizeof(*workloads));
	if (error != 0 || !workloads)
		return -ENOMEM;
	error = drafter_find_workloads(arena, members, workloads, &count);
	if (error != 0)
		return error;
	drafter_find_shared_names(workloads, count, drafter->evidence.options);
	set->items = arena_array(arena, count, sizeof(*set->items));
	if (!set->items)
		return -ENOMEM;
	error = overlap_index(&drafter->overlap, state_workloads(drafter->state));
	for (size_t i = 0; error == 0 && i < count; i++)
		error = workload_drafter_add(drafter, &workloads[i]);
	return error;
}

/* --- one workload --- */

/* The names of a workload, to find other workloads with the same names. */
struct drafter_names {
	char plain[NAME_SIZE];
	size_t plain_length;
	char with_kind[NAME_SIZE];
	size_t with_kind_length;
	bool shared; /* as in struct workload */
	bool kind_shared;
};

static void drafter_names_init(struct drafter_names *names, const struct group *group)
{
	names->plain_length = name_make(group, NAME_PLAIN, names->plain);
	names->with_kind_length = name_make(group, NAME_WITH_KIND, names->with_kind);
	names->shared = names->kind_shared = false;
}

/* Records which of `names` the workload `other` also has. Does nothing if `other` cannot have a
 * policy (group_status). Workloads without a draft count, too. */
static void drafter_compare_with(const struct workloads *workloads, struct drafter_names *names,
				 const struct group *other)
{
	char name[NAME_SIZE];

	if (!name_may_be(other, names->plain, names->plain_length) &&
	    !name_may_be(other, names->with_kind, names->with_kind_length))
		return;
	name_make(other, NAME_PLAIN, name);
	bool same_plain = strcmp(name, names->plain) == 0;
	bool same_with_kind = strcmp(name, names->with_kind) == 0;
	if (same_plain) {
		name_make(other, NAME_WITH_KIND, name);
		same_with_kind = strcmp(name, names->with_kind) == 0;
	}
	if ((!same_plain && !same_with_kind) || group_status(workloads, other) != GROUP_OK)
		return;
	names->shared |= same_plain;
	names->kind_shared |= same_with_kind;
}

/* Subjects and their names are scattered in memory, so fetch the next ones early. */
static void drafter_prefetch_subjects(const struct state *state, size_t index)
{
	size_t count = state_subject_count(state);

	if (index + 16 < count)
		__builtin_prefetch(state_subject(state, index + 16));
	if (index + 8 < count)
		__builtin_prefetch(state_subject(state, index + 8)->namespace_name);
}

/* Collects the subjects of the group's workload, and finds out whether other workloads have the
 * same names. Visits every subject, so the cheapest comparisons come first. Returns 0 or
 * -ENOMEM. */
static int drafter_find_members(const struct state *state, const struct group *group,
				struct drafter_members *members, struct drafter_names *names)
{
	const struct workloads *workloads = state_workloads(state);

	drafter_names_init(names, group);
	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		struct group other;
		drafter_prefetch_subjects(state, i);
		if (subject->is_overflow)
			continue;
		if (subject->pod_record &&
		    strcmp(subject->namespace_name, group->namespace_name) != 0)
			continue;
		if (!group_find(workloads, subject, &other) ||
		    strcmp(other.namespace_name, group->namespace_name) != 0)
			continue;
		/* group_find does not set by_labels. For a workload of the same owner, the value is
		 * that of `group`; for another owner, it makes no difference here. */
		other.by_labels = group->by_labels;
		if (group_compare(group, &other) != 0)
			drafter_compare_with(workloads, names, &other);
		else if (group_status(workloads, &other) == GROUP_OK &&
			 drafter_add_member(members, &other, subject) != 0)
			return -ENOMEM;
	}
	return 0;
}

static int drafter_draft_one(struct workload_drafter *drafter, const struct subject *subject,
			     struct drafter_members *members)
{
	struct draft_set *set = drafter->set;
	struct drafter_names names;
	struct group group;
	if (subject->is_overflow)
		return 0;
	enum group_status status = group_identify(state_workloads(drafter->state), subject, &group);

	if (status != GROUP_OK) {
		workload_drafter_warn(drafter, subject, status);
		return 0;
	}
	set->items = arena_alloc(&set->policies.arena, sizeof(*set->items));
	if (!set->items)
		return -ENOMEM;
	int error = group_split(&group, &drafter->evidence.peers.labels);
	if (error == 0)
		error = drafter_find_members(drafter->state, &group, members, &names);
	if (error != 0)
		return error;
	const struct workload workload = {
		.members = members->items,
		.count = members->count,
		.base = names.plain,
		.shared = names.shared,
		.kind_shared = names.kind_shared,
	};
	return workload.count == 0 ? 0 : workload_drafter_add(drafter, &workload);
}

/* --- policies that deny all --- */

/* Writes the namespaces of all drafts without a placeholder to names[], each namespace once.
 * Returns the number of namespaces. The drafts must be sorted. */
static size_t drafter_find_namespaces(const struct draft_set *set, const char **names)
{
	size_t count = 0;

	for (size_t i = 0; i < set->policies.count; i++) {
		const char *name = set->policies.items[i].namespace_name;
		if (!set->items[i].placeholder &&
		    (count == 0 || strcmp(names[count - 1], name) != 0))
			names[count++] = name;
	}
	return count;
}

/* For each namespace with a draft, adds a policy that denies everything except DNS. all_drafted:
 * the set has the drafts of all workloads. Returns 0 or -ENOMEM. */
static int drafter_add_default_denies(struct workload_drafter *drafter, bool all_drafted)
{
	struct draft_set *set = drafter->set;
	size_t drafted = set->policies.count;
	CLEANUP_FREE const char **names = reallocarray(NULL, drafted + 1, sizeof(*names));
	int error = 0;

	if (!names)
		return -ENOMEM;
	size_t count = drafter_find_namespaces(set, names);
	struct draft *items =
		arena_array(&set->policies.arena, drafted + count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	if (drafted > 0)
		memcpy(items, set->items, drafted * sizeof(*items));
	set->items = items;
	for (size_t i = 0; i < count && error == 0; i++)
		error = default_deny_add(drafter, names[i]);
	if (error == 0)
		error = drafter_sort(set);
	for (size_t i = 0; i < set->policies.count && error == 0; i++) {
		if (set->items[i].denies_all)
			error = default_deny_report(drafter, &set->items[i], all_drafted);
	}
	return error;
}

/* --- one run --- */

/* Drafts the workload of a subject, or all workloads if `subject` is NULL. */
static int drafter_run(const struct state *state, const struct subject *subject,
		       const struct draft_options *options, struct draft_set **out)
{
	static const struct draft_options defaults = {.dns = DRAFT_DNS_AUTO};
	struct drafter_members members = {0};
	struct draft_set *set = calloc(1, sizeof(*set));

	if (!set)
		return -ENOMEM;
	struct arena *arena = &set->policies.arena;
	struct workload_drafter drafter = {
		.state = state,
		.set = set,
		.evidence = {.state = state,
			     .options = options ? options : &defaults,
			     .peers = {.workloads = state_workloads(state),
				       .resolver = state_resolver(state),
				       .service_ports = options && options->service_ports,
				       .arena = arena}},
	};
	drafter.evidence.peers.labels = (struct group_rules){
		.workloads = state_workloads(state),
		.ignored = drafter.evidence.options->ignored_labels,
	};
	set->warnings.arena = arena;
	set->format = drafter.evidence.options->format;
	set->explain = drafter.evidence.options->explain;
	int error = subject ? drafter_draft_one(&drafter, subject, &members)
			    : drafter_draft_all(&drafter, &members);
	if (error == 0)
		error = drafter_sort(set);
	if (error == 0 && drafter.evidence.options->default_deny)
		error = drafter_add_default_denies(&drafter, subject == NULL);
	if (error == 0 && drafter.evidence.options->name_template)
		error = drafter_apply_template(set, drafter.evidence.options->name_template);
	lines_settle(&set->warnings, WARNINGS_MAX);
	if (error == 0)
		error = set->warnings.error;
	free(members.items);
	evidence_free(&drafter.evidence);
	overlap_free(&drafter.overlap);
	widen_free(&drafter.widen);
	rules_free(&drafter.rules);
	if (error != 0)
		draft_set_free(set);
	else
		*out = set;
	return error;
}

int drafter_draft(const struct state *state, const struct draft_options *options,
		  struct draft_set **out)
{
	return drafter_run(state, NULL, options, out);
}

int drafter_draft_subject(const struct state *state, const struct subject *subject,
			  const struct draft_options *options, struct draft_set **out)
{
	return drafter_run(state, subject, options, out);
}
