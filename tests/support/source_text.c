/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/source_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/cleanup.h"

#define SOURCE_SIZE (256u << 10)

char *read_source(const char *path)
{
	CLEANUP_FCLOSE FILE *file = fopen(path, "re");
	char *text = calloc(1, SOURCE_SIZE);

	if (!file || !text)
		fail_msg("%s cannot be read", path);
	assert_true(fread(text, 1, SOURCE_SIZE - 1, file) < SOURCE_SIZE - 1);
	return text;
}

char *read_readme(void)
{
	return read_source("README.md");
}

void blank_comments(char *text)
{
	for (char *at = strstr(text, "/*"); at; at = strstr(at, "/*")) {
		char *end = strstr(at, "*/");
		assert_non_null(end);
		memset(at, ' ', (size_t)(end + 2 - at));
	}
	for (char *at = strstr(text, "\n#"); at; at = strstr(at, "\n#")) {
		while (*++at != '\n' || at[-1] == '\\')
			*at = ' ';
	}
}
