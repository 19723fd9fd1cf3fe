/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes records to a file as JSON lines, for --record; compressed where the name ends in ".gz".
 * One thread uses it.
 *
 * Errors (a full disk) are sticky: the first one is what every later call returns, and nothing more
 * is written. The caller reports it once, with the file's name. A record that has no text form
 * (-EINVAL) is no such error.
 */
#ifndef POLECAT_CORE_SOURCE_STREAM_RECORDER_H
#define POLECAT_CORE_SOURCE_STREAM_RECORDER_H

#include "core/record/json/record_json.h"

struct recorder;

/* Makes or empties the file. 0 or -errno; *out is untouched then. */
int recorder_open(const char *path, struct recorder **out);

/* Writes one record, named as in record_json_write; it may stay in memory until enough has come
 * together. 0 or -errno. */
int recorder_write(struct recorder *recorder, const struct record *record,
		   const struct record_json_names *names);

/*
 * Hands everything so far to the kernel, in a form that can be read up to there even if nothing
 * comes after it. 0 or -errno.
 */
int recorder_flush(struct recorder *recorder);

/* Flushes, closes and frees. NULL is fine. 0, or the first error that any call met. */
int recorder_close(struct recorder *recorder);

#endif
