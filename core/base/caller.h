/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uses files with the rights of the user who started polecat through sudo.
 *
 * Root without capabilities has no rights to the files of others: polecat started by `sudo polecat`
 * in a user's folder could not save a draft there. caller_prepare makes that user the saved user id
 * of the process. Then the kernel lets each thread take that user's rights to files, and give them
 * back, without a capability (setfsuid(2)). Such a thread can do no more with files than the user
 * can, and files that it creates belong to that user.
 */
#ifndef POLECAT_CORE_BASE_CALLER_H
#define POLECAT_CORE_BASE_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Finds the user of sudo in SUDO_UID and SUDO_GID, which root can also set. Does not derive a user
 * from the owner of a folder: a user may signal each process that has the user's id as its saved
 * user id (kill(2)), so root must name the user. Returns false if there is no such user, or if the
 * process does not run as root.
 */
bool caller_find(uid_t *user, gid_t *group);

/* Makes the user of caller_find the saved user id of the process. Needs CAP_SETUID and CAP_SETGID,
 * so call it before the process drops them. Returns 0, also without such a user or without the
 * capabilities, or -errno. Main thread. */
int caller_prepare(void);

/* Undoes caller_prepare for a child process that needs no rights of that user. The user may signal
 * a process with this saved user id. Returns 0 or -errno. */
int caller_forget(void);

/* Takes the rights of the user of caller_prepare if `error` is -EACCES, there is such a user, and
 * the thread does not have these rights yet. Returns whether it did: then repeat what failed, and
 * call caller_leave. Any thread. */
bool caller_enter(int error);

/* The same, if this thread may not read the file or the folder. */
bool caller_enter_for(const char *path);

/* Returns whether a file operation failed with `error` (-errno) for want of a user of sudo: this is
 * root without one, and another user owns the path, or the first folder above it that exists. Any
 * thread. */
bool caller_is_missing(int error, const char *path);

/* Returns the reason of such a failure: the words of strerror, or the remedy if the user of sudo is
 * missing. Any thread. */
const char *caller_explain(int error, const char *path);

/* Returns 0 if this thread can create files in a folder, or the folder itself if it does not exist,
 * with its own rights or with those of the user of caller_prepare; otherwise -errno. Any thread. */
int caller_check_folder(const char *folder);

/* Gives the rights back. Keeps errno. */
void caller_leave(void);

#endif
