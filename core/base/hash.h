/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes for tables. The same in every process, but for what begins with hash_seed: tables of keys
 * that a workload chooses (addresses, names) begin so, against keys that were chosen to collide.
 */
#ifndef POLECAT_CORE_BASE_HASH_H
#define POLECAT_CORE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* A good mix of 64 bits (the finaliser of MurmurHash3, public domain). */
static inline uint64_t hash_u64(uint64_t value)
{
	value ^= value >> 33;
	value *= 0xff51afd7ed558ccdull;
	value ^= value >> 33;
	value *= 0xc4ceb9fe1a85ec53ull;
	value ^= value >> 33;
	return value;
}

/* A number of this process's own, which nobody outside can know. Any thread. */
uint64_t hash_seed(void);

/* Folds one more value into a running hash. */
static inline uint64_t hash_add(uint64_t hash, uint64_t value)
{
	return hash_u64(hash ^ (value + 0x9e3779b97f4a7c15ull + (hash << 6) + (hash >> 2)));
}

/* Hash of bytes, chained from `hash` (start with any seed). */
uint64_t hash_bytes(uint64_t hash, const void *data, size_t length);

/* Hash of a NUL-terminated string; NULL hashes unlike "". */
uint64_t hash_string(uint64_t hash, const char *text);

#endif
