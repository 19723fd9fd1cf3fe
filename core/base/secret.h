/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that may hold secrets, for libraries that take functions to allocate and free. Any
 * thread. */
#ifndef POLECAT_CORE_BASE_SECRET_H
#define POLECAT_CORE_BASE_SECRET_H

#include <stddef.h>

/* Like free(3), but overwrites the memory with zeros first. NULL is fine. */
void secret_free(void *memory);

/* Like realloc(3), but overwrites memory that it leaves. `size` is not 0. */
void *secret_resize(void *memory, size_t size);

#endif
