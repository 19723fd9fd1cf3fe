/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/secret.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

void secret_free(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

void *secret_resize(void *memory, size_t size)
{
	size_t old_size = memory ? malloc_usable_size(memory) : 0;

	if (memory && size <= old_size)
		return memory;
	void *larger = memory_checked(malloc(size));
	if (larger && memory) {
		memcpy(larger, memory, old_size);
		secret_free(memory);
	}
	return larger;
}
