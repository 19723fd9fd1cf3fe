/* SPDX-License-Identifier: Apache-2.0 */
/* Finds JSON objects at the beginning of a YAML text. kubectl accepts several objects in a row, and
 * surrogate pairs in their strings; YAML allows neither. Pure. */
#ifndef POLECAT_CORE_BASE_YAML_JSON_H
#define POLECAT_CORE_BASE_YAML_JSON_H

#include <stddef.h>

/* Returns the length of the JSON object that begins at `text`; 0: there is no object. Does not
 * parse JSON: checks only that as many brackets close as open, that strings end on their line, and
 * that all characters outside of strings may occur there in JSON. Takes linear time. */
size_t yaml_json_length(const char *text, size_t length);

/* Copies JSON to `out` (`length` bytes) and replaces escaped surrogates with UTF-8. As in Go, a
 * pair becomes one character, and half a pair becomes U+FFFD. Returns the bytes written, at most
 * `length`. */
size_t yaml_json_join_surrogates(const char *text, size_t length, char *out);

#endif
