/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources that read records as JSON lines: a recording, standard input, the output of a command.
 * They detect gzip by its content, not by the file name.
 *
 * A recording is strict: the first unreadable line ends it as SOURCE_BROKEN with -EBADMSG and a
 * message that begins "FILE:LINE:COLUMN: ". If the recording is cut or damaged after its first
 * record, the error is -ENODATA. In both cases the records before the fault were emitted.
 *
 * A command is lenient: an unreadable line counts as one LOST_STREAM, and the health's message
 * names the first one. When a command exits with status 0, the source is SOURCE_ENDED. Status 6
 * (incomplete data) makes it SOURCE_ENDED with -ENODATA, any other exit SOURCE_BROKEN with -EPIPE.
 * A command that wrote only unreadable lines makes it SOURCE_BROKEN with -EBADMSG.
 *
 * A pipe is as lenient as a command. Its end is no failure: the program that has the other end
 * reports failures itself.
 *
 * A record of a version that polecat does not know ends all kinds of source as SOURCE_BROKEN with
 * -EBADMSG.
 */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_H

#include "core/source/source.h"

/* Opens a recording ("-": standard input) and makes a source that is not started yet. Returns 0 or
 * -errno of open(2) with *out untouched. */
int stream_source_open_file(const char *path, struct source **out);

/*
 * Make sources that a reader carries (stream_reader.h), which starts with them after source_start.
 * Their records have `origin`. The first one starts `/bin/sh -c text` (child.h) and reads its
 * output; a command that cannot be started makes it SOURCE_BROKEN with -EPIPE. The second one reads
 * the records of a node from a pipe. It takes the descriptor, also if it fails; `name` is for
 * messages. Return 0 or -ENOMEM.
 */
int stream_source_open_command(const char *text, struct source *reader, uint32_t origin,
			       struct source **out);
int stream_source_open_pipe(int fd, const char *name, struct source *reader, uint32_t origin,
			    struct source **out);

#endif
