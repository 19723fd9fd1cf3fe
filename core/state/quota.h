/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quotas limit how much of the tables of subjects and edges one tenant can use. A tenant that makes
 * too many loses only its own subjects and edges.
 *
 * A tenant is a namespace (for pods), a node (for containers outside of pods and for unknown
 * cgroups) or a cgroup (for programs). Each tenant can make any number of subjects, so each kind of
 * subject has a maximum number. While there is space for N more subjects of a kind, a tenant gets
 * another one only if it has fewer than N (programs: fewer than N / 4). So one tenant alone gets at
 * most half of the maximum, and a part stays free for later tenants (A. K. Choudhury and E. L.
 * Hahne, "Dynamic queue length thresholds for shared-memory packet switches", IEEE/ACM Transactions
 * on Networking 6, 1998).
 *
 * Each subject may have QUOTA_OWN_EDGES edges, however many edges other subjects have. Further
 * edges come from one pool for all tenants. A tenant gets another edge from the pool only if it has
 * fewer edges from the pool than are free in it. The number of edges per subject is limited, too.
 *
 * Quotas only count. The tables own the subjects and edges. Only one thread may use a struct
 * quotas.
 */
#ifndef POLECAT_CORE_STATE_QUOTA_H
#define POLECAT_CORE_STATE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/state/subject.h"

/* Edges that each subject gets, even if the pool is empty. */
#define QUOTA_OWN_EDGES 32

struct tenant {
	uint8_t kind;         /* enum subject_kind */
	uint32_t node;        /* the node of containers and programs */
	uint64_t cgroup_id;   /* the cgroup of programs */
	char *namespace_name; /* the namespace of pods; else NULL */
	uint64_t lost;        /* lost events of the cgroup of programs (binding_losses.h) */
	size_t subjects;
	size_t pool_edges;        /* edges from the pool (not a subject's first QUOTA_OWN_EDGES) */
	struct subject *overflow; /* stands for subjects beyond the quota; NULL: none */
};

struct quota_limit {
	size_t max;
	size_t used;
};

struct quotas {
	struct quota_limit subjects[SUBJECT_KIND_COUNT]; /* by kind */
	struct quota_limit pool;                         /* edges that all tenants share */
	size_t subject_edges;                            /* maximum number of edges per subject */
	struct tenant **tenants;
	size_t tenant_count;
	size_t tenant_capacity;
	struct hash_index index;
	/* By kind. Each stands for all tenants beyond the limit of its kind. */
	struct tenant others[SUBJECT_KIND_COUNT];
};

/*
 * Initialises the limits. max_subjects is the maximum number of pods. The limit is half of it for
 * containers, and an eighth each for programs and unresolved cgroups.
 */
void quotas_init(struct quotas *quotas, size_t max_subjects, size_t max_edges,
		 size_t max_subject_edges);
void quotas_clear(struct quotas *quotas);

/* The key of a tenant. Members that the kind does not need are ignored. */
struct tenant_key {
	uint8_t kind; /* enum subject_kind */
	uint32_t node;
	uint64_t cgroup_id;
	const char *namespace_name;
};

/* Returns the tenant of a key, and adds it if it is new. Beyond the limit of its kind, or without
 * memory, returns the tenant in `others`. Never returns NULL. */
struct tenant *quotas_tenant(struct quotas *quotas, const struct tenant_key *key);

/* Returns whether the tenant may have another subject. */
bool quotas_admit_subject(const struct quotas *quotas, const struct tenant *tenant);

/* Counts a subject that was added for the tenant. */
void quotas_count_subject(struct quotas *quotas, struct tenant *tenant);

/* Returns whether the subject may have another edge. */
bool quotas_admit_edge(const struct quotas *quotas, const struct subject *subject);

/* Counts an edge that was just added to the subject's list. */
void quotas_count_edge(struct quotas *quotas, struct subject *subject);

#endif
