/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the time of the latest flow of a recording, for ages that count back from it. */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_LATEST_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_LATEST_H

#include <stdint.h>

/*
 * Reads a recording up to its end or to its first unreadable line, and stores the latest time of
 * its flows (Unix time). Returns 0; -ENODATA: it was read to its end and has no flow; -EBADMSG: it
 * has no flow before an unreadable line; -ENOTSUP: it is no regular file, so it could not be read a
 * second time; or -errno of open(2) or read(2), with *unix_ns untouched. Blocks the calling thread.
 */
int stream_find_latest(const char *path, uint64_t *unix_ns);

#endif
