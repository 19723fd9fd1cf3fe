/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648, section 4). Pure. */
#ifndef POLECAT_CORE_BASE_BASE64_H
#define POLECAT_CORE_BASE_BASE64_H

#include <stddef.h>

/*
 * Decodes a NUL-terminated text, strictly: the standard alphabet, padded, nothing behind it, the
 * unused bits zero; line ends may stand anywhere. *out gets a buffer to free, with a NUL behind its
 * *length bytes. 0; -EINVAL with *position at the byte that is wrong; -ENOMEM.
 */
int base64_decode(const char *text, char **out, size_t *length, size_t *position);

/* The text of `length` bytes, padded and in one line, to free; NULL without memory. */
char *base64_encode(const char *bytes, size_t length);

#endif
