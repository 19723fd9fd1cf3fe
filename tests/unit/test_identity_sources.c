/* SPDX-License-Identifier: Apache-2.0 */
/* Each row of the table of identity sources is complete, and the README describes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "core/source/registry/identity_sources.h"
#include "tests/support/readme.h"

/* Fails unless the texts and operations without a meaning of NULL are there. */
static void rows_are_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++) {
		const struct identity_source *source = identity_sources[i];

		if (!source)
			fail_msg("identity_sources.c has no row for value %zu of its enum", i);
		if (!source->label || !source->title || (!source->gives && !source->check))
			fail_msg(
				"identity source %zu lacks label, title, or one of gives and check",
				i);
		if (!source->make || !source->connect || !source->look || !source->disconnect ||
		    !source->free)
			fail_msg("identity source '%s' lacks an operation", source->label);
	}
}

static void expect_word(const char *section, const char *label, const char *word)
{
	if (word && !strstr(section, word))
		fail_msg("README.md, \"Names\", does not mention '%s' of the identity source '%s'",
			 word, label);
}

static void the_readme_describes_each_source(void **state)
{
	CLEANUP_FREE char *readme = read_readme();
	char *section = strstr(readme, "\n### Names\n");
	char *end = section ? strstr(section, "\n### Filters\n") : NULL;

	(void)state;
	if (!end)
		fail_msg("README.md has no section \"Names\" before \"Filters\"");
	else
		*end = '\0';
	for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++) {
		const struct identity_source *source = identity_sources[i];

		expect_word(section, source->label, source->title);
		expect_word(section, source->label, source->option);
		expect_word(section, source->label, source->opt_out);
		expect_word(section, source->label, source->environment);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(the_readme_describes_each_source),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
