/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* open_by_handle_at */
#include "core/base/kernfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

/* FILEID_KERNFS (include/linux/exportfs.h): the file handle consists of the 64-bit id. Since Linux
 * 5.5 (fs/kernfs/mount.c). */
#define KERNFS_HANDLE_TYPE 0xfe

int kernfs_open_folder(int mount, uint64_t id, int flags)
{
	union {
		struct file_handle head;
		char bytes[sizeof(struct file_handle) + sizeof(id)];
	} handle = {.head = {.handle_bytes = sizeof(id), .handle_type = KERNFS_HANDLE_TYPE}};

	memcpy(handle.bytes + offsetof(struct file_handle, f_handle), &id, sizeof(id));
	int fd = open_by_handle_at(mount, &handle.head, flags | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
