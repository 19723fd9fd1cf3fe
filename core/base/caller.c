/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* setresuid, AT_EACCESS, AT_EMPTY_PATH */
#include "core/base/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads an id from an environment variable that sudo(8) sets. */
static bool caller_read_id(const char *variable, unsigned int *id)
{
	const char *text = getenv(variable);
	char *end = NULL;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (errno || *end != '\0' || value >= UINT_MAX)
		return false;
	*id = (unsigned int)value;
	return true;
}

bool caller_find(uid_t *user, gid_t *group)
{
	return getuid() == 0 && geteuid() == 0 && caller_read_id("SUDO_UID", user) &&
	       caller_read_id("SUDO_GID", group) && *user != 0;
}

int caller_prepare(void)
{
	uid_t user;
	gid_t group;

	if (!caller_find(&user, &group))
		return 0;
	/* Root in a container may lack the capabilities. Then it has its own rights alone. */
	if (setresgid((gid_t)-1, (gid_t)-1, group) || setresuid((uid_t)-1, (uid_t)-1, user))
		return errno == EPERM ? 0 : -errno;
	return 0;
}

int caller_forget(void)
{
	if (setresuid((uid_t)-1, (uid_t)-1, geteuid()) ||
	    setresgid((gid_t)-1, (gid_t)-1, getegid()))
		return -errno;
	return 0;
}

/* Sets the ids that decide about rights to files. The kernel makes a process dumpable, as
 * fs.suid_dumpable says, when they change. */
static void caller_set(uid_t user, gid_t group)
{
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);

	setfsgid(group);
	setfsuid(user);
	if (dumpable == 0)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

bool caller_enter(int error)
{
	uid_t real_user;
	uid_t user;
	uid_t saved_user;
	gid_t real_group;
	gid_t group;
	gid_t saved_group;

	/* setfsuid returns the present id, and an impossible one changes nothing. */
	if (error != -EACCES || (uid_t)setfsuid((uid_t)-1) != geteuid() ||
	    getresuid(&real_user, &user, &saved_user) ||
	    getresgid(&real_group, &group, &saved_group) || user != 0 || saved_user == 0)
		return false;
	caller_set(saved_user, saved_group);
	return true;
}

bool caller_enter_for(const char *path)
{
	return caller_enter(faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) ? -errno : 0);
}

/* Returns the owner of a path, or of the first folder above it that exists and that this thread can
 * reach. */
static uid_t caller_owner(const char *path)
{
	char copy[PATH_MAX];
	struct stat status;
	char *at = copy;

	snprintf(copy, sizeof(copy), "%s", path);
	while (stat(at, &status)) {
		if (strcmp(at, "/") == 0)
			return 0;
		/* stat(".") needs the right to search the folder. */
		if (strcmp(at, ".") == 0)
			return fstatat(AT_FDCWD, "", &status, AT_EMPTY_PATH) ? 0 : status.st_uid;
		at = dirname(at);
	}
	return status.st_uid;
}

bool caller_is_missing(int error, const char *path)
{
	uid_t real_user;
	uid_t user;
	uid_t saved_user;

	return error == -EACCES && getresuid(&real_user, &user, &saved_user) == 0 && user == 0 &&
	       saved_user == 0 && caller_owner(path) != 0;
}

const char *caller_explain(int error, const char *path)
{
	return caller_is_missing(error, path) ? "belongs to another user: start polecat with sudo, "
						"or set SUDO_UID and SUDO_GID"
					      : strerror(-error);
}

static int caller_check_once(const char *folder)
{
	char path[PATH_MAX];
	struct stat status;

	snprintf(path, sizeof(path), "%s", folder);
	bool found = stat(path, &status) == 0;
	if (found && !S_ISDIR(status.st_mode))
		return -ENOTDIR;
	const char *at = !found && errno == ENOENT ? dirname(path) : path;
	return faccessat(AT_FDCWD, at, W_OK | X_OK, AT_EACCESS) ? -errno : 0;
}

int caller_check_folder(const char *folder)
{
	int error = caller_check_once(folder);

	if (caller_enter(error)) {
		error = caller_check_once(folder);
		caller_leave();
	}
	return error;
}

void caller_leave(void)
{
	int error = errno;

	caller_set(geteuid(), getegid());
	errno = error;
}
