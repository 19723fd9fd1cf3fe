/* SPDX-License-Identifier: Apache-2.0 */
/* JSON objects inside a text that is otherwise YAML: kubectl takes several of them, one behind the
 * other, and surrogate pairs, which YAML refuses. Pure. */
#ifndef POLECAT_CORE_BASE_YAML_JSON_H
#define POLECAT_CORE_BASE_YAML_JSON_H

#include <stddef.h>

/* Returns the bytes of the JSON object that begins at `text`; 0: there is no object. Checks brackets,
 * strings and characters only. Linear. */
size_t yaml_json_length(const char *text, size_t length);

/* Writes the JSON to `out` (`length` bytes) with UTF-8 instead of escaped surrogates, as Go does: a
 * pair is one character, half a pair U+FFFD. Returns the bytes written, at most `length`. */
size_t yaml_json_join_surrogates(const char *text, size_t length, char *out);

#endif
