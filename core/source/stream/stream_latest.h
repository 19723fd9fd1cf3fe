/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the time of the latest flow of a recording, for ages that count back from it. */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_LATEST_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_LATEST_H

#include <stddef.h>
#include <stdint.h>

/* The flow with the latest steady time: the time by the clock of its node, without the steps by
 * which that clock was set during the recording. */
struct stream_latest {
	uint64_t unix_ns; /* by the clock of the flow's node */
	uint64_t steady_ns;
};

/*
 * Reads a recording up to its end or to its first unreadable line, and finds its latest flow.
 * Returns 0; -ENODATA: it was read to its end and has no flow; -EBADMSG: it has no flow before an
 * unreadable line; -ENOTSUP: it is no regular file, so it could not be read a second time; -ENOMEM;
 * or -errno of open(2) or read(2), with *latest untouched. Blocks the calling thread.
 */
int stream_find_latest(const char *path, struct stream_latest *latest);

/* The same for the parts of a recording, which are open files: reads all of them from their starts,
 * in order, also after a part with an unreadable line. */
int stream_find_latest_in(const int *parts, size_t count, struct stream_latest *latest);

#endif
