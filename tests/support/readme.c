/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/readme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/cleanup.h"

#define README_SIZE (256u << 10)

char *read_readme(void)
{
	CLEANUP_FCLOSE FILE *file = fopen("README.md", "re");
	char *text = calloc(1, README_SIZE);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, README_SIZE - 1, file) < README_SIZE - 1);
	return text;
}
