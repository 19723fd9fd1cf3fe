/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/key_name.h"

#include <ctype.h>
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/array.h"

#define FUNCTION_KEYS 63
#define CTRL          "Ctrl-"

/* Several rows with one name are one key with several codes. */
static const struct {
	const char *ascii;
	const char *sign; /* NULL: same as `ascii` */
	int code;
} names[] = {
	{"Up", "↑", KEY_UP},
	{"Down", "↓", KEY_DOWN},
	{"Left", "←", KEY_LEFT},
	{"Right", "→", KEY_RIGHT},
	{"PgUp", NULL, KEY_PPAGE},
	{"PgDn", NULL, KEY_NPAGE},
	{"Home", NULL, KEY_HOME},
	{"End", NULL, KEY_END},
	{"Insert", NULL, KEY_IC},
	{"Delete", NULL, KEY_DC},
	{"Tab", NULL, '\t'},
	{"Shift-Tab", NULL, KEY_BTAB},
	{"Space", NULL, ' '},
	{"Enter", NULL, '\n'},
	{"Enter", NULL, '\r'},
	{"Enter", NULL, KEY_ENTER},
	{"Esc", NULL, KEY_ESCAPE},
	{"Backspace", NULL, KEY_BACKSPACE},
	{"Backspace", NULL, KEY_DELETE},
	{"Backspace", NULL, CONTROL('H')},
};

bool key_name_format(int key, bool ascii, char name[KEY_NAME_SIZE])
{
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (names[i].code != key)
			continue;
		snprintf(name, KEY_NAME_SIZE, "%s",
			 names[i].sign && !ascii ? names[i].sign : names[i].ascii);
		return true;
	}
	if (key > KEY_F0 && key <= KEY_F(FUNCTION_KEYS))
		snprintf(name, KEY_NAME_SIZE, "F%d", key - KEY_F0);
	else if (key > 0 && key < ' ')
		snprintf(name, KEY_NAME_SIZE, CTRL "%c", key + '@');
	else if (key > ' ' && key < KEY_DELETE)
		snprintf(name, KEY_NAME_SIZE, "%c", key);
	else
		return false;
	return true;
}

/* Reads "F6". Returns its code; 0: another name. */
static int key_name_parse_function(const char *name)
{
	char *end = NULL;
	long number;

	if ((name[0] != 'F' && name[0] != 'f') || !isdigit((unsigned char)name[1]))
		return 0;
	number = strtol(name + 1, &end, 10);
	return *end == '\0' && number >= 1 && number <= FUNCTION_KEYS ? KEY_F((int)number) : 0;
}

/* Reads "Ctrl-S". Returns its code; 0: another name. */
static int key_name_parse_control(const char *name)
{
	const char *letter = name + strlen(CTRL);

	if (strncasecmp(name, CTRL, strlen(CTRL)) != 0 || !isalpha((unsigned char)letter[0]) ||
	    letter[1] != '\0')
		return 0;
	return strchr("CZ", toupper((unsigned char)*letter)) ? 0 : CONTROL(*letter);
}

size_t key_name_parse(const char *name, int codes[KEY_NAME_CODES])
{
	size_t count = 0;

	if (name[0] > ' ' && name[0] < KEY_DELETE && name[1] == '\0') {
		codes[count++] = (unsigned char)name[0];
		return count;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strcasecmp(names[i].ascii, name) == 0 ||
		    (names[i].sign && strcmp(names[i].sign, name) == 0))
			codes[count++] = names[i].code;
	if (count == 0) {
		codes[0] = key_name_parse_function(name);
		if (codes[0] == 0)
			codes[0] = key_name_parse_control(name);
		count = codes[0] != 0;
	}
	return count;
}
