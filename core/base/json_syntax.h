/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the syntax of JSON (RFC 8259) without building values, so it needs no memory. The YAML
 * reader (yaml.h) also reads JSON, but accepts what only YAML allows, such as a comma before a
 * closing bracket. Any thread.
 */
#ifndef POLECAT_CORE_BASE_JSON_SYNTAX_H
#define POLECAT_CORE_BASE_JSON_SYNTAX_H

#include <stddef.h>

/* Values that are nested deeper are not checked. */
#define JSON_SYNTAX_DEPTH_MAX 256

/* Returns the offset of the first byte at which the text is not a sequence of JSON values, or
 * `length` if it is one, or if the text ends too early. Does not check UTF-8. */
size_t json_syntax_check(const char *text, size_t length);

#endif
