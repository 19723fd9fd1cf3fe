/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a whole recording at once, in the calling thread: for data that is needed before the
 * sources start. */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_READ_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/record.h"

#define STREAM_READ_MESSAGE_SIZE 512

/*
 * Calls `handle` for each record of a file, plain or gzip. `handle` may take the body of a record,
 * which is then RECORD_NONE; the function frees all others. Returns 0; -ENODATA if the file is cut
 * or damaged after its first record, after handling all records before the damage; -EBADMSG for a
 * line that is no record, and for a file without records; -errno of open(2) or read(2). After an
 * error, `message` names the fault and its position, without the name of the file. Blocks.
 */
int stream_read_file(const char *path, void (*handle)(void *data, struct record *record),
		     void *data, char message[STREAM_READ_MESSAGE_SIZE]);

/* The same for an open file, from its present position on. */
int stream_read_open_file(int fd, void (*handle)(void *data, struct record *record), void *data,
			  char message[STREAM_READ_MESSAGE_SIZE]);

/* Returns whether a file is a recording, by its first bytes: gzip, or a JSON object that begins
 * with "v". Returns false for files that cannot be read, and for all but regular files: the bytes
 * of a pipe cannot be read again. */
bool stream_is_recording(const char *path);

#endif
