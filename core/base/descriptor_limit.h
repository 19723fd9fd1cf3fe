/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of open file descriptors of this process (RLIMIT_NOFILE). */
#ifndef POLECAT_CORE_BASE_DESCRIPTOR_LIMIT_H
#define POLECAT_CORE_BASE_DESCRIPTOR_LIMIT_H

#include <stddef.h>

/* Raises the soft limit to `needed` descriptors, or to the hard limit if that is lower. Never
 * lowers it. Only one thread at a time may call it. */
void descriptor_limit_raise(size_t needed);

#endif
