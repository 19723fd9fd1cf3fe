/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLECAT_CORE_RECORD_JSON_JSON_PLAIN_H
#define POLECAT_CORE_RECORD_JSON_JSON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/record.h"

/*
 * Reads the line of a flow or an edge in the form of record_json_write. Is several times faster
 * than the JSON library. Returns false, with *record untouched, for every other line and if memory
 * is short. The caller then passes the line to the library, which also finds the reason for an
 * error.
 */
bool json_plain_read(const char *line, size_t length, struct record *record);

#endif
