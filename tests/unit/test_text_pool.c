/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/base/text_pool.h"

static void test_equal_texts_share_a_copy(void **unused)
{
	struct text_pool pool = {0};
	char other[] = "shop";

	(void)unused;
	const char *first = text_pool_get(&pool, "shop");
	assert_string_equal(first, "shop");
	assert_ptr_equal(text_pool_get(&pool, other), first);
	assert_ptr_not_equal(text_pool_get(&pool, "shop2"), first);
	assert_int_equal(pool.count, 2);
	text_pool_clear(&pool);
}

static void test_last_user_frees_a_text(void **unused)
{
	struct text_pool pool = {0};

	(void)unused;
	const char *text = text_pool_get(&pool, "shop");
	(void)text_pool_get(&pool, "shop");
	text_pool_release(&pool, text);
	assert_int_equal(pool.count, 1);
	assert_string_equal(text, "shop");
	text_pool_release(&pool, text);
	assert_int_equal(pool.count, 0);
	text_pool_release(&pool, NULL);
	text_pool_clear(&pool);
}

static void test_set_replaces_a_text(void **unused)
{
	struct text_pool pool = {0};
	const char *text = NULL;

	(void)unused;
	text_pool_set(&pool, &text, NULL);
	text_pool_set(&pool, &text, "");
	assert_null(text);
	text_pool_set(&pool, &text, "a");
	text_pool_set(&pool, &text, "a");
	text_pool_set(&pool, &text, NULL);
	text_pool_set(&pool, &text, "");
	assert_string_equal(text, "a");
	text_pool_set(&pool, &text, "b");
	assert_string_equal(text, "b");
	assert_int_equal(pool.count, 1);
	text_pool_release(&pool, text);
	assert_int_equal(pool.count, 0);
	text_pool_clear(&pool);
}

/* Texts that are removed in any order leave the others in place. */
static void test_others_are_found_after_removal(void **unused)
{
	enum { COUNT = 300 };
	struct text_pool pool = {0};
	const char *texts[COUNT];
	char text[16];

	(void)unused;
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "pod-%d", i);
		texts[i] = text_pool_get(&pool, text);
	}
	for (int i = 0; i < COUNT; i += 3)
		text_pool_release(&pool, texts[i]);
	assert_int_equal(pool.count, COUNT - COUNT / 3);
	for (int i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "pod-%d", i);
		const char *found = text_pool_get(&pool, text);
		assert_string_equal(found, text);
		if (i % 3 != 0)
			assert_ptr_equal(found, texts[i]);
	}
	assert_int_equal(pool.count, COUNT);
	text_pool_clear(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_texts_share_a_copy),
		cmocka_unit_test(test_last_user_frees_a_text),
		cmocka_unit_test(test_set_replaces_a_text),
		cmocka_unit_test(test_others_are_found_after_removal),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
