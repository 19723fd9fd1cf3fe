/* SPDX-License-Identifier: Apache-2.0 */
/* Cleanup attributes for local variables. `CLEANUP_FREE char *text = NULL;` is freed at the end of
 * its scope. */
#ifndef POLECAT_CORE_BASE_CLEANUP_H
#define POLECAT_CORE_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define CLEANUP_FREE   __attribute__((cleanup(cleanup_free)))
#define CLEANUP_CLOSE  __attribute__((cleanup(cleanup_close)))
#define CLEANUP_FCLOSE __attribute__((cleanup(cleanup_fclose)))

/* Evaluates to the pointer in a CLEANUP_FREE variable, which is NULL afterwards. */
#define STEAL(pointer)                                       \
	__extension__({                                      \
		__typeof__(pointer) steal_value = (pointer); \
		(pointer) = NULL;                            \
		steal_value;                                 \
	})

#endif
