/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/export.h"

#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>

#include "core/base/file.h"

int export_write(const char *path, const char *text, size_t length, bool replace)
{
	struct stat status;

	if (!*path)
		return -ENOENT;
	if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return -EISDIR;
	return file_write(path, text, length, replace ? FILE_WRITE_REPLACE : FILE_WRITE_NEW);
}

void export_clean_name(char *name)
{
	for (char *at = name; *at; at++) {
		bool plain = isalnum((unsigned char)*at) || *at == '.' || *at == '_';

		if (!plain || (at == name && *at == '.'))
			*at = '-';
	}
}
