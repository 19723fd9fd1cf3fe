/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes records to a file as JSON lines, for --record. Compresses them if the file's name ends in
 * ".gz". Only one thread may use a recorder.
 *
 * Errors (a full disk) are sticky: after the first error every call returns that error and drops
 * its record. The caller reports the error once, with the file's name. -EINVAL, for a record
 * without a text form, is not sticky.
 */
#ifndef POLECAT_CORE_SOURCE_STREAM_RECORDER_H
#define POLECAT_CORE_SOURCE_STREAM_RECORDER_H

#include "core/record/json/record_json.h"

struct recorder;

/* The treatment of a file that exists and is not empty. */
enum recorder_mode {
	RECORDER_NEW = 0, /* refuse it */
	RECORDER_REPLACE, /* empty it before the first record; keep it if no record comes */
	RECORDER_APPEND,  /* add to it; the first record removes a last line that is cut */
};

/*
 * Opens or creates the file, and locks it against other recorders. Only its owner may read a file
 * that is created, empty or replaced. A file to which records are added keeps its owner and
 * permissions. Never waits. Reads a compressed file to append to. Returns 0, or -errno with *out
 * untouched; recorder_strerror explains it. -EEXIST: the file exists (RECORDER_NEW). -ELOOP: `path`
 * is a symbolic link. -ENOTSUP: it is neither a regular file nor a device. -EWOULDBLOCK: another
 * recorder has it open. -EPERM: an empty file, or one to be replaced, belongs to another user than
 * the effective one. Only with RECORDER_APPEND: -EMEDIUMTYPE: the file is compressed and its name
 * does not end in ".gz", or the other way round; -ENODATA: it is compressed, and cut or damaged;
 * -EBADMSG: its first line is no record.
 */
int recorder_open(const char *path, enum recorder_mode mode, struct recorder **out);

/* Returns the text of an error of a recorder. */
const char *recorder_strerror(int error);

/* Writes one record, with names as in record_json_write. The record may stay in memory until a
 * batch is complete. Returns 0 or -errno. */
int recorder_write(struct recorder *recorder, const struct record *record,
		   const struct flow *names);

/* Hands all records to the kernel, so that the file contains them even if polecat crashes later.
 * Returns 0 or -errno. */
int recorder_flush(struct recorder *recorder);

/* Flushes, closes and frees. NULL is fine. Returns 0, or the first error of any call. */
int recorder_close(struct recorder *recorder);

#endif
