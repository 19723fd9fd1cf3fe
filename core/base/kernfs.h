/* SPDX-License-Identifier: Apache-2.0 */
/* Opens files of kernfs, the basis of the cgroup file systems, by id. Any thread. */
#ifndef POLECAT_CORE_BASE_KERNFS_H
#define POLECAT_CORE_BASE_KERNFS_H

#include <stdint.h>

/*
 * Opens a folder by its id. `mount`: a descriptor in its file system. In another file system than
 * kernfs, the id may be that of any folder. `flags`: those of open(2), in addition to O_CLOEXEC and
 * O_DIRECTORY. Needs CAP_DAC_READ_SEARCH. Returns a descriptor or -errno; -ESTALE: there is no such
 * folder.
 */
int kernfs_open_folder(int mount, uint64_t id, int flags);

#endif
