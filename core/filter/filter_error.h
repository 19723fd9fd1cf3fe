/* SPDX-License-Identifier: Apache-2.0 */
/* The reason why a value or a text was refused, and its position. */
#ifndef POLECAT_CORE_FILTER_FILTER_ERROR_H
#define POLECAT_CORE_FILTER_FILTER_ERROR_H

#include <stddef.h>

struct filter_error {
	size_t column; /* 1-based, in bytes */
	char message[224];
};

/* Fills in *error (NULL: does nothing) like printf. `offset` is the 0-based position. Returns
 * -EINVAL. */
int filter_refuse(struct filter_error *error, size_t offset, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
