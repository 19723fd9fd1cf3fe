/* SPDX-License-Identifier: Apache-2.0 */
/* Each row of the table of identity sources is complete, and the README describes it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "core/source/registry/identity_sources.h"
#include "tests/support/source_text.h"
#include "tui/options/option_table.h"

/* Fails if a text or an operation that must not be NULL is missing. */
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
		if (source->id != i || source->size < sizeof(struct identity_client))
			fail_msg("identity source '%s' has a wrong id or size", source->label);
		if (!source->connect)
			fail_msg("identity source '%s' lacks the operation connect", source->label);
		if (!source->look)
			fail_msg("identity source '%s' lacks the operation look", source->label);
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

static const struct option_definition *find_option(const char *name)
{
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(option_table[i].name, name) == 0)
			return &option_table[i];
	}
	return NULL;
}

/* The option of an identity source sets the source's entry in `places`. Its opt-out option sets the
 * source's entry in `disabled`. */
static void test_options(void **state)
{
	const size_t config = offsetof(struct options, identities);

	(void)state;
	for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++) {
		const struct identity_source *kind = identity_sources[i];
		const struct option_definition *option;
		if (kind->option) {
			option = find_option(kind->option);
			if (!option)
				fail_msg("%s: --%s is not in option_table.c", kind->label,
					 kind->option);
			else
				assert_int_equal(option->member,
						 config + offsetof(struct identity_config, places) +
							 i * sizeof(const char *));
		}
		if (kind->opt_out) {
			option = find_option(kind->opt_out);
			if (!option)
				fail_msg("%s: --%s is not in option_table.c", kind->label,
					 kind->opt_out);
			else
				assert_int_equal(
					option->member,
					config + offsetof(struct identity_config, disabled) +
						i * sizeof(bool));
		}
	}
}

/* A source with an environment variable accepts only sockets of this machine. */
static void test_sockets(void **state)
{
	(void)state;
	for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++) {
		const struct identity_source *kind = identity_sources[i];
		struct identity_config config = {0};
		struct identity_check check;
		if (!kind->environment)
			continue;
		assert_non_null(kind->sockets);
		config.places[i] = "tcp://198.51.100.1:1";
		identity_source_check(kind, &config, &check);
		assert_int_equal(check.error, -EINVAL);
		identity_check_clear(&check);
	}
}

/* The check of a source whose path does not exist fails. The result contains the path, in `place`
 * or in `message`. */
static void test_check(void **state)
{
	const char *const places[IDENTITY_SOURCE_COUNT] = {
		[IDENTITY_KUBE] = "/nonexistent/kubeconfig",
		[IDENTITY_CRI] = "unix:///nonexistent/cri.sock",
		[IDENTITY_DOCKER] = "unix:///nonexistent/docker.sock",
		[IDENTITY_LOG_LINKS] = "/nonexistent/links",
	};

	(void)state;
	for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++) {
		struct identity_config config = {0};
		struct identity_check check;
		if (!places[i])
			fail_msg("test_check has no place for the identity source '%s'",
				 identity_sources[i]->label);
		config.places[i] = places[i];
		identity_source_check(identity_sources[i], &config, &check);
		assert_true(check.error < 0);
		assert_true(check.message[0] != '\0');
		if (!strstr(check.place, "/nonexistent") && !strstr(check.message, "/nonexistent"))
			fail_msg("%s: '%s' does not name the place", identity_sources[i]->label,
				 check.message);
		identity_check_clear(&check);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(the_readme_describes_each_source),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
