/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: a file of settings is read, or refused with a printable reason. After a setting is
 * set, reading the file gives the new value, and the other settings are as before. A failure leaves
 * the file as it was.
 *
 * The input is one byte that selects the setting, the new value, a newline, and the file.
 */
#include <stdio.h>
#include <unistd.h>

#include "core/base/file.h"
#include "tests/fuzz/fuzz.h"
#include "tui/options/settings.h"

#define FILE_MAX 65536

static char folder[] = "/dev/shm/polecat-fuzz-XXXXXX";
static char path[64];

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/config.yaml", folder);
	atexit(remove_folder);
	return 0;
}

static bool is_same(const struct settings *a, const struct settings *b)
{
	return strcmp(a->theme, b->theme) == 0 && strcmp(a->policy, b->policy) == 0;
}

static void check_reason(const char *why)
{
	must(why[0] != '\0' && fuzz_is_printable(why));
}

/* Sets a setting in a file whose settings are `before`. */
static void check_set(const char *name, const char *value, const struct settings *before,
		      const char *bytes, size_t size)
{
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings expected = *before;
	struct settings after;
	char *text = NULL;
	size_t length = 0;

	if (settings_set(path, name, value, why)) {
		check_reason(why);
		must(file_read(path, FILE_MAX, &text, &length) == 0);
		must(length == size && memcmp(text, bytes, size) == 0);
		free(text);
		return;
	}
	char *member = strcmp(name, "theme") == 0 ? expected.theme : expected.policy;
	must(strlen(value) < SETTINGS_VALUE_SIZE);
	snprintf(member, SETTINGS_VALUE_SIZE, "%s", value);
	must(settings_read(path, &after, why) == 0 && is_same(&after, &expected));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[SETTINGS_WHY_SIZE] = "";
	struct settings settings = {.theme = "unset"};
	const uint8_t *newline = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;

	if (!newline)
		return 0;
	const char *name = data[0] % 2 == 0 ? "theme" : "policy";
	const char *bytes = (const char *)newline + 1;
	size_t length = size - (size_t)(newline + 1 - data);
	char *value = fuzz_text(data + 1, (size_t)(newline - data) - 1);
	FILE *file = fopen(path, "we");

	must(file != NULL);
	must(fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
	if (settings_read(path, &settings, why)) {
		check_reason(why);
		must(strncmp(why, path, strlen(path)) == 0);
		must(settings.theme[0] == '\0' && settings.policy[0] == '\0');
	}
	check_set(name, value, &settings, bytes, length);
	free(value);
	return 0;
}
