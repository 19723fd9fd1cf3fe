/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648, section 4). Pure. */
#ifndef POLECAT_CORE_BASE_BASE64_H
#define POLECAT_CORE_BASE_BASE64_H

#include <stddef.h>

/*
 * Decodes a NUL-terminated text in the standard alphabet. Padding is required, unused bits must be
 * zero, and line ends may be anywhere. The caller frees *out, which has a NUL after its *length
 * bytes. Returns 0, -ENOMEM, or -EINVAL with *position at the byte where decoding failed.
 */
int base64_decode(const char *text, char **out, size_t *length, size_t *position);

/* Encodes `length` bytes in one line, with padding. The caller frees the text. Returns NULL if
 * memory is short. */
char *base64_encode(const char *bytes, size_t length);

#endif
