/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets do not stay in freed memory. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/json_document.h"
#include "core/base/secret.h"

#define SECRET_SIZE 64

/* Sanitizers have another heap, and keep freed memory for a while. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_IS_KNOWN 0
#else
#define HEAP_IS_KNOWN 1
#endif

/* Writes the secret, of which the program has no other copy. */
static void make_secret(char text[SECRET_SIZE])
{
	for (size_t i = 0; i < SECRET_SIZE - 1; i++)
		text[i] = (char)('a' + (i * i * 7 + i * 3) % 26);
	text[SECRET_SIZE - 1] = '\0';
}

#if HEAP_IS_KNOWN
/* Returns whether the heap has 16 bytes of the secret in a row. */
static bool heap_has_secret(void)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "re");
	uintptr_t from = 0;
	uintptr_t to = 0;
	bool found = false;
	char secret[SECRET_SIZE];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (strstr(line, "[heap]"))
			assert_int_equal(sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to), 2);
	}
	fclose(maps);
	make_secret(secret);
	for (uintptr_t at = from; at + 16 <= to && !found; at++)
		found = memcmp((const void *)at, secret, 16) == 0 ||
			memcmp((const void *)at, secret + 32, 16) == 0;
	explicit_bzero(secret, sizeof(secret));
	return found;
}

static void test_freed_memory(void **state)
{
	char *memory = malloc(SECRET_SIZE);

	(void)state;
	make_secret(memory);
	assert_true(heap_has_secret());
	secret_free(memory);
	assert_false(heap_has_secret());
	secret_free(NULL);
}

#endif

static void test_resize(void **state)
{
	char *memory = secret_resize(NULL, SECRET_SIZE);

	(void)state;
	make_secret(memory);
	memory = secret_resize(memory, 100000);
	assert_int_equal(strlen(memory), SECRET_SIZE - 1);
	explicit_bzero(memory, SECRET_SIZE);
#if HEAP_IS_KNOWN
	assert_false(heap_has_secret());
#endif
	assert_ptr_equal(secret_resize(memory, 10), memory);
	secret_free(memory);
}

#if HEAP_IS_KNOWN
static void test_json(void **state)
{
	char text[SECRET_SIZE + 32];
	char secret[SECRET_SIZE];
	json_t *document = NULL;

	(void)state;
	make_secret(secret);
	int length = snprintf(text, sizeof(text), "{\"token\":\"%s\"}", secret);
	json_document_begin_secret();
	assert_int_equal(json_document_parse(text, (size_t)length, 0, &document, NULL), 0);
	explicit_bzero(text, sizeof(text));
	explicit_bzero(secret, sizeof(secret));
	assert_true(heap_has_secret());
	json_decref(document);
	json_document_end_secret();
	assert_false(heap_has_secret());
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resize),
#if HEAP_IS_KNOWN
		cmocka_unit_test(test_freed_memory),
		cmocka_unit_test(test_json),
#endif
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
