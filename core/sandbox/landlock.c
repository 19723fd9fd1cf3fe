/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* O_PATH */
#include "core/sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/cleanup.h"

/* Rights of later versions than the headers of Debian 12 may have
 * (include/uapi/linux/landlock.h). */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

/* The rights that the rules restrict, by the version of Landlock that has them. */
static uint64_t landlock_rights(int version)
{
	uint64_t rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
			  LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
			  LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SYM |
			  LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
			  LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SOCK |
			  LANDLOCK_ACCESS_FS_EXECUTE;

	if (version >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return rights;
}

/* The rights below a folder. */
#define LANDLOCK_FOLDER_RIGHTS                                                                  \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                       \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REFER | \
	 LANDLOCK_ACCESS_FS_TRUNCATE)
/* The rights that apply to a file itself. */
#define LANDLOCK_FILE_RIGHTS (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

int landlock_version(void)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

static int landlock_add(int rules, const char *path, uint64_t rights)
{
	struct stat status;
	CLEANUP_CLOSE int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status))
		return -errno;
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = rights & (S_ISDIR(status.st_mode) ? LANDLOCK_FOLDER_RIGHTS
								    : LANDLOCK_FILE_RIGHTS),
		.parent_fd = fd,
	};
	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0)
		       ? -errno
		       : 0;
}

int landlock_make(const char *const *folders, size_t count)
{
	int version = landlock_version();
	struct landlock_ruleset_attr attributes = {.handled_access_fs = landlock_rights(version)};

	if (version == 0)
		return -EOPNOTSUPP;
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes,
				 sizeof(attributes.handled_access_fs), 0);
	if (rules < 0)
		return -errno;
	/* A folder that does not exist needs no rule: nothing can be written to it. */
	for (size_t i = 0; i < count; i++)
		(void)landlock_add(rules, folders[i], attributes.handled_access_fs);
	return rules;
}

int landlock_apply(int fd)
{
	return syscall(SYS_landlock_restrict_self, fd, 0) ? -errno : 0;
}
