/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the list of the objects that the Kubernetes source has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/source/kube/kube_known.h"

#define OBJECTS 200000u

static const char *key_of(unsigned int number)
{
	static char key[32];

	snprintf(key, sizeof(key), "shop/pod-%06u", number);
	return key;
}

/* Objects may arrive in any order. An addition must not move the items before it: their number
 * would make reading a list quadratic. */
static void test_descending_keys(void **state)
{
	struct kube_known_list list = {.listing = 7};

	(void)state;
	for (unsigned int i = 0; i < OBJECTS; i++) {
		const struct kube_known *known = kube_known_find_or_add(&list, key_of(OBJECTS - i));
		assert_non_null(known);
		assert_ptr_equal(known, &list.items[i]);
		assert_int_equal(known->listing, 7);
	}
	for (unsigned int i = 0; i < OBJECTS; i++)
		assert_string_equal(list.items[i].key, key_of(OBJECTS - i));
	assert_ptr_equal(kube_known_find(&list, key_of(1)), &list.items[OBJECTS - 1]);
	assert_ptr_equal(kube_known_find_or_add(&list, key_of(OBJECTS)), &list.items[0]);
	assert_null(kube_known_find(&list, key_of(0)));
	assert_int_equal(list.count, OBJECTS);
	kube_known_list_free(&list);
}

/* A removal moves one item. */
static void test_removal(void **state)
{
	struct kube_known_list list = {0};

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		assert_non_null(kube_known_find_or_add(&list, key_of(i)));
	kube_known_remove(&list, kube_known_find(&list, key_of(10)));
	assert_string_equal(list.items[10].key, key_of(999));
	assert_string_equal(list.items[11].key, key_of(11));
	for (unsigned int i = 0; i < 1000; i += 2) {
		if (i != 10)
			kube_known_remove(&list, kube_known_find(&list, key_of(i)));
	}
	assert_int_equal(list.count, 500);
	for (unsigned int i = 0; i < 1000; i++) {
		const struct kube_known *known = kube_known_find(&list, key_of(i));
		assert_int_equal(known != NULL, i % 2);
		if (known)
			assert_string_equal(known->key, key_of(i));
	}
	kube_known_list_free(&list);
}

static void test_order(void **state)
{
	struct kube_known_list list = {0};

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		assert_non_null(kube_known_find_or_add(&list, key_of(i * 37 % 100)));
	const struct kube_known **sorted = kube_known_sort(&list);
	assert_non_null(sorted);
	for (unsigned int i = 0; i < 100; i++)
		assert_string_equal(sorted[i]->key, key_of(i));
	free(sorted);
	kube_known_list_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descending_keys),
		cmocka_unit_test(test_removal),
		cmocka_unit_test(test_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
