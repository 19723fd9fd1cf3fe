/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores the DNS names that answers gave for addresses, by the place that asked: a pod, or the
 * network namespace of a process outside pods. A name is used only for the place that asked for it.
 * But names from look-ups whose place is unknown (in old recordings) are used for every place that
 * has no name of its own for the address.
 *
 * A place gets another entry only if it has fewer entries than are free (as in core/state/quota.h).
 * Otherwise, the new entry replaces the oldest one of the same place, so that a pod with many names
 * does not displace the names of others. If no entry is free, the first entry of a new place
 * replaces the oldest one of all.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_DNS_NAMES_H
#define POLECAT_CORE_STATE_IDENTITY_DNS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/base/index_list.h"
#include "core/record/flow.h"
#include "core/record/record.h"

/* The names take at most 12 MB, since texts longer than a DNS name are not stored. One pod or
 * network namespace alone can fill half of the entries. */
#define DNS_NAMES_MAX 32768

/* The maximum number of names that one pod or network namespace has for one address. */
#define DNS_NAMES_PER_ADDRESS 8

/* The size of a text with all names of an address. */
#define DNS_NAMES_TEXT_SIZE (DNS_NAMES_PER_ADDRESS * 256 + 8)

/* A process that asks or connects. NULL and 0: unknown. */
struct dns_asker {
	const char *node;
	const char *namespace_name;
	const char *pod; /* NULL: outside pods, or not known yet */
	uint64_t cgroup_id;
	uint32_t netns;
};

struct dns_name {
	struct flow_address address;
	uint8_t family;
	bool crowded; /* the address had further names, which were dropped */
	char *name;
	uint64_t place;     /* dns_place.key of the pod or network namespace that asked */
	uint64_t cgroup_id; /* of the last process that asked; 0: unknown */
	uint64_t since_ns;  /* steady time of the first answer; 0: unknown */
	uint64_t until_ns;  /* end of the last answer's TTL, plus DNS_NAMES_GRACE_NS */
	uint64_t last_ns;   /* steady time of the last answer; 0: unknown */
	uint32_t ttl_s;     /* of the last answer */
	struct index_link all;
	struct index_link same_place;
};

/* The last answer that gave a name for an address. */
struct dns_answer {
	uint64_t time_ns; /* steady time; 0: unknown */
	uint32_t ttl_s;
	/* A later answer to the same question, without the address. other_ns is 0 without such an
	 * answer. */
	uint64_t other_ns;
	struct flow_address other; /* the first address of the later answer */
};

/* A pod, or the network namespace of processes outside pods, with the names that it looked up. */
struct dns_place {
	uint64_t key;
	uint32_t count;
	struct index_list names;
};

/* Zero-initialise. Free with dns_names_clear. */
struct dns_names {
	struct dns_name *items;
	size_t count;
	size_t capacity;
	struct index_list all;
	struct hash_index index; /* by place and address */
	struct dns_place *places;
	size_t place_count;
	size_t place_capacity;
	struct hash_index place_index;
};

void dns_names_clear(struct dns_names *names);

/* Stores the name for each valid address of the answer. own_node is the node of records without
 * one; NULL: unknown. Returns 0 or -ENOMEM. */
int dns_names_apply(struct dns_names *names, const struct dns_record *dns, const char *own_node);

/*
 * Writes the names of an address that were valid at a steady time (ns) for a process that connects.
 * Several names are sorted and joined by ", ", and end in "..." if more were dropped. Returns false
 * if none is known. The names may contain hostile bytes.
 */
bool dns_names_get(const struct dns_names *names, const struct dns_asker *asker, uint8_t family,
		   const struct flow_address *address, uint64_t time_ns,
		   char text[DNS_NAMES_TEXT_SIZE]);

/*
 * Finds the last of the answers that dns_names_get joins. Searches all names of the place, so call
 * it for what a person looks at, not for each flow. Returns false if no answer is known.
 */
bool dns_names_answer(const struct dns_names *names, const struct dns_asker *asker, uint8_t family,
		      const struct flow_address *address, uint64_t time_ns, struct dns_answer *out);

#endif
