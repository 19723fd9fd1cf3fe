/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/quota.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"

/* The maximum number of tenants of each kind. Without it, any user could add tenants by making
 * cgroups. */
#define TENANTS_PER_KIND 4096

/* Divides the limit N (quota.h) for programs. It is lower for programs than for other subjects,
 * because one process can pretend to be any number of programs by changing its name. */
#define PROGRAMS_DIVISOR 4

static size_t quotas_at_least_one(size_t value)
{
	return value ? value : 1;
}

void quotas_init(struct quotas *quotas, size_t max_subjects, size_t max_edges,
		 size_t max_subject_edges)
{
	*quotas = (struct quotas){
		.subjects = {[SUBJECT_POD].max = quotas_at_least_one(max_subjects),
			     [SUBJECT_CONTAINER].max = quotas_at_least_one(max_subjects / 2),
			     [SUBJECT_PROCESS].max = quotas_at_least_one(max_subjects / 8),
			     [SUBJECT_UNRESOLVED].max = quotas_at_least_one(max_subjects / 8)},
		.pool.max = max_edges,
		.subject_edges = max_subject_edges,
	};
	for (int kind = 0; kind < SUBJECT_KIND_COUNT; kind++)
		quotas->others[kind].kind = (uint8_t)kind;
}

void quotas_clear(struct quotas *quotas)
{
	for (size_t i = 0; i < quotas->tenant_count; i++) {
		free(quotas->tenants[i]->namespace_name);
		free(quotas->tenants[i]);
	}
	free(quotas->tenants);
	hash_index_clear(&quotas->index);
	*quotas = (struct quotas){0};
}

/* --- tenants --- */

static uint64_t tenant_key_hash(const struct tenant_key *key)
{
	uint64_t hash = hash_u64(key->kind ^ hash_seed());

	switch ((enum subject_kind)key->kind) {
	case SUBJECT_POD:
		return hash_string(hash, key->namespace_name);
	case SUBJECT_CONTAINER:
	case SUBJECT_UNRESOLVED:
		return hash_add(hash, key->node);
	case SUBJECT_PROCESS:
	case SUBJECT_KIND_COUNT:
		break;
	}
	return hash_add(hash_add(hash, key->node), key->cgroup_id);
}

static bool tenant_key_fits(const struct tenant_key *key, const struct tenant *tenant)
{
	if (key->kind != tenant->kind)
		return false;
	if (key->kind == SUBJECT_POD)
		return strcmp(key->namespace_name, tenant->namespace_name) == 0;
	return key->node == tenant->node &&
	       (key->kind != SUBJECT_PROCESS || key->cgroup_id == tenant->cgroup_id);
}

static struct tenant *tenant_new(const struct tenant_key *key)
{
	struct tenant *tenant = memory_checked(calloc(1, sizeof(*tenant)));

	if (!tenant)
		return NULL;
	tenant->kind = key->kind;
	if (key->kind == SUBJECT_POD) {
		tenant->namespace_name = memory_checked(strdup(key->namespace_name));
		if (!tenant->namespace_name) {
			free(tenant);
			return NULL;
		}
		return tenant;
	}
	tenant->node = key->node;
	tenant->cgroup_id = key->kind == SUBJECT_PROCESS ? key->cgroup_id : 0;
	return tenant;
}

/* Returns the number of tenants of a kind. Returns 0 without counting if all kinds together have
 * fewer than TENANTS_PER_KIND tenants. */
static size_t quotas_count_tenants(const struct quotas *quotas, uint8_t kind)
{
	size_t count = 0;

	if (quotas->tenant_count < TENANTS_PER_KIND)
		return 0;
	for (size_t i = 0; i < quotas->tenant_count; i++)
		count += quotas->tenants[i]->kind == kind;
	return count;
}

struct tenant *quotas_tenant(struct quotas *quotas, const struct tenant_key *key)
{
	uint64_t hash = tenant_key_hash(key);
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&quotas->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&quotas->index, &cursor)) {
		if (tenant_key_fits(key, quotas->tenants[at]))
			return quotas->tenants[at];
	}
	if (quotas_count_tenants(quotas, key->kind) >= TENANTS_PER_KIND ||
	    ARRAY_RESERVE(quotas->tenants, quotas->tenant_capacity, quotas->tenant_count + 1))
		return &quotas->others[key->kind];
	struct tenant *tenant = tenant_new(key);
	if (!tenant)
		return &quotas->others[key->kind];
	if (hash_index_insert(&quotas->index, hash, (uint32_t)quotas->tenant_count)) {
		free(tenant->namespace_name);
		free(tenant);
		return &quotas->others[key->kind];
	}
	quotas->tenants[quotas->tenant_count++] = tenant;
	return tenant;
}

/* --- limits --- */

static size_t quota_room_free(const struct quota_limit *room)
{
	return room->max > room->used ? room->max - room->used : 0;
}

bool quotas_admit_subject(const struct quotas *quotas, const struct tenant *tenant)
{
	size_t places = quota_room_free(&quotas->subjects[tenant->kind]);

	return tenant->kind == SUBJECT_PROCESS ? tenant->subjects * PROGRAMS_DIVISOR < places
					       : tenant->subjects < places;
}

void quotas_count_subject(struct quotas *quotas, struct tenant *tenant)
{
	quotas->subjects[tenant->kind].used++;
	tenant->subjects++;
}

bool quotas_admit_edge(const struct quotas *quotas, const struct subject *subject)
{
	if (subject->edge_count >= quotas->subject_edges)
		return false;
	return subject->edge_count < QUOTA_OWN_EDGES ||
	       subject->tenant->pool_edges < quota_room_free(&quotas->pool);
}

void quotas_count_edge(struct quotas *quotas, struct subject *subject)
{
	if (subject->edge_count <= QUOTA_OWN_EDGES)
		return;
	quotas->pool.used++;
	subject->tenant->pool_edges++;
}
