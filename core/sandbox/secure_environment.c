/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* environ */
#include "core/sandbox/secure_environment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/sandbox/capabilities.h"

/* Variables whose values are words, not paths, programs or addresses. */
static const char *const secure_environment_names[] = {
	"COLORFGBG", "COLORTERM", "LANG", "LC_ALL", "LC_CTYPE", "NODE_NAME", "NO_COLOR", "TERM",
};

bool secure_environment_is_needed(void)
{
	return getauxval(AT_SECURE) != 0;
}

bool secure_environment_keeps(const char *variable)
{
	size_t length = strcspn(variable, "=");

	/* A name of a terminal, of a locale or of a node has no slash. */
	if (variable[length] != '=' || strchr(variable + length, '/'))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(secure_environment_names); i++) {
		if (strlen(secure_environment_names[i]) == length &&
		    strncmp(variable, secure_environment_names[i], length) == 0)
			return true;
	}
	return false;
}

void secure_environment_clean(void)
{
	static char *kept[ARRAY_LENGTH(secure_environment_names) + 1];
	size_t count = 0;

	if (!secure_environment_is_needed())
		return;
	for (char **at = environ; *at && count < ARRAY_LENGTH(kept) - 1; at++) {
		if (secure_environment_keeps(*at))
			kept[count++] = *at;
	}
	environ = kept;
	(void)capabilities_use(0);
}
