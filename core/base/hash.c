/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/hash.h"

#include <string.h>
#include <sys/random.h>

static uint64_t seed;

/* Before main, and so before any thread. Without randomness yet, tables work as well as unseeded
 * ones do. */
__attribute__((constructor)) static void make_seed(void)
{
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != (ssize_t)sizeof(seed))
		seed = 0;
}

uint64_t hash_seed(void)
{
	return seed;
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
