/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: any mountinfo is read, and a folder that is found is below the root. Lines before the
 * mount of cgroup v2 do not hide it.
 *
 * The input is the text of mountinfo. It is read as it is, and with a line for a cgroup v2 mount
 * after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/source/ebpf/cgroup_scan.h"
#include "tests/fuzz/fuzz_file.h"

/* An empty folder that takes the place of the host's root. */
static char root[] = "/tmp/polecat-fuzz-XXXXXX";
static char mount_line[128];

static void remove_root(void)
{
	rmdir(root);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct stat status;

	(void)argc;
	(void)argv;
	must(mkdtemp(root) && stat(root, &status) == 0);
	atexit(remove_root);
	snprintf(mount_line, sizeof(mount_line), "\n30 1 %u:%u / / rw - cgroup2 none rw\n",
		 major(status.st_dev), minor(status.st_dev));
	return 0;
}

static int open_mount(const void *text, size_t size)
{
	struct fuzz_file file;
	struct stat status;
	char path[PATH_MAX] = "";
	int fd = -1;

	fuzz_file_open(&file, text, size);
	int error = cgroup_scan_open_mount(file.path, root, &fd, path, sizeof(path));
	must(!error == (fd >= 0));
	if (!error) {
		must(fstat(fd, &status) == 0 && S_ISDIR(status.st_mode));
		must(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		must(strncmp(path, root, strlen(root)) == 0);
		close(fd);
	} else {
		must(error == -ENOENT && cgroup_scan_explain_missing(file.path)[0] != '\0');
	}
	fuzz_file_close(&file);
	return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t line = strlen(mount_line);
	char *text = malloc(size + line);

	must(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	memcpy(text + size, mount_line, line);
	open_mount(text, size);
	must(open_mount(text, size + line) == 0);
	free(text);
	return 0;
}
