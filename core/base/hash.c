/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/hash.h"

#include <string.h>
#include <sys/random.h>

static uint64_t hash_process_seed;

/* Runs before main, so before any other thread starts. If the kernel has no randomness yet, the
 * seed is 0: tables still work, but a workload could choose keys that collide. */
__attribute__((constructor)) static void hash_make_seed(void)
{
	size_t size = sizeof(hash_process_seed);

	if (getrandom(&hash_process_seed, size, GRND_NONBLOCK) != (ssize_t)size)
		hash_process_seed = 0;
}

uint64_t hash_seed(void)
{
	return hash_process_seed;
}

uint64_t hash_bytes(uint64_t hash, const void *data, size_t length)
{
	const unsigned char *bytes = data;
	uint64_t word;

	hash = hash_add(hash, length);
	for (; length >= sizeof(word); length -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = hash_add(hash, word);
	}
	if (length > 0) {
		word = 0;
		memcpy(&word, bytes, length);
		hash = hash_add(hash, word);
	}
	return hash;
}

uint64_t hash_string(uint64_t hash, const char *text)
{
	return text ? hash_bytes(hash, text, strlen(text)) : hash_add(hash, UINT64_MAX);
}
