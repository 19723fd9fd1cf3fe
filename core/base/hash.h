/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes for tables. If a workload chooses the keys of a table (addresses, names), start each hash
 * with hash_seed, so that the workload cannot choose keys that collide. */
#ifndef POLECAT_CORE_BASE_HASH_H
#define POLECAT_CORE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Mixes 64 bits (the finaliser of MurmurHash3, public domain). */
static inline uint64_t hash_u64(uint64_t value)
{
	value ^= value >> 33;
	value *= 0xff51afd7ed558ccdull;
	value ^= value >> 33;
	value *= 0xc4ceb9fe1a85ec53ull;
	value ^= value >> 33;
	return value;
}

/* Hashes an address, for tables that are keyed by an object. */
static inline uint64_t hash_pointer(const void *pointer)
{
	return hash_u64((uint64_t)(uintptr_t)pointer);
}

/* Returns a random number that is constant in this process. Any thread. */
uint64_t hash_seed(void);

/* Adds one more value to a hash. */
static inline uint64_t hash_add(uint64_t hash, uint64_t value)
{
	return hash_u64(hash ^ (value + 0x9e3779b97f4a7c15ull + (hash << 6) + (hash >> 2)));
}

/* Adds bytes to a hash. */
uint64_t hash_bytes(uint64_t hash, const void *data, size_t length);

/* Adds a NUL-terminated string to a hash. NULL and "" give different hashes. */
uint64_t hash_string(uint64_t hash, const char *text);

#endif
