/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and prepares the file of a recorder. Only recorder.c uses this. Only one thread may use a
 * descriptor. */
#ifndef POLECAT_CORE_SOURCE_STREAM_RECORD_FILE_H
#define POLECAT_CORE_SOURCE_STREAM_RECORD_FILE_H

#include <stdbool.h>

/* Locks a regular file against other recorders until the last descriptor of its description is
 * closed. Returns 0, or -EWOULDBLOCK if another recorder has the lock. On a file system without
 * locks, returns 0 without a lock. */
int record_file_lock(int fd);

/* Removes the permissions of all users but the owner from a regular file. Returns 0, or -EPERM if
 * the owner is another user than the effective one. Does nothing on a file system without
 * permissions. */
int record_file_own(int fd);

/*
 * Returns whether records can be added to a regular file that is not empty, which must be readable:
 * 0; -EMEDIUMTYPE: its content is compressed and `gzip` is false, or the other way round; -ENODATA:
 * it is compressed and cut or damaged; -EBADMSG: its first line is no record; -ENOMEM; or -errno of
 * a read. Reads a compressed file to its end. Does not change the file, but its offset.
 */
int record_file_check(int fd, bool gzip);

/* Ends the last line of an uncompressed file: adds the newline after a complete record, else
 * removes a last line without a newline, because it was cut. Returns 0 or -errno. */
int record_file_end_line(int fd);

#endif
