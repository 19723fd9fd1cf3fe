/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources that read records as JSON lines: a recording, standard input, the output of a command.
 * They detect gzip by its content, not by the file name.
 *
 * A recording is strict: the first unreadable line ends it as SOURCE_BROKEN with -EBADMSG and a
 * message that begins "FILE:LINE:COLUMN: ". One that is cut or damaged behind the first record ends
 * with -ENODATA. The records before that place have been emitted. A
 * command is lenient: an unreadable line counts as one LOST_STREAM, and the health's message names
 * it. The exit of a command is SOURCE_ENDED with status 0, else SOURCE_BROKEN with -EPIPE. Both end
 * at a record of another version.
 */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_H

#include "core/source/source.h"

/* Opens a recording ("-": standard input) and makes a source that is not started yet. Returns 0 or
 * -errno of open(2) with *out untouched. */
int stream_source_open_file(const char *path, struct source **out);

/* Starts `/bin/sh -c command` (child.h) and makes a source, not started yet, of its output. Returns
 * 0 or -errno. */
int stream_source_open_command(const char *command, struct source **out);

#endif
