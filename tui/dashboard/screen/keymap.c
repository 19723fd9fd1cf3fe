/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/keymap.h"

#include <ctype.h>
#include <curses.h>
#include <stdio.h>
#include <string.h>

#include "tui/dashboard/screen/key_name.h"

#define KEYMAP_BINDING(action_name, group_name, function, ...) \
	[ACTION_##action_name] = {                             \
		.action = ACTION_##action_name, .group = KEY_GROUP_##group_name, __VA_ARGS__},

/* ACTION_NONE has no keys. */
static const struct key_binding defaults[ACTION_COUNT] = {KEYMAP_ROWS(KEYMAP_BINDING)};

#define KEYMAP_NAME(action_name, ...) [ACTION_##action_name] = #action_name,
static const char *const action_names[ACTION_COUNT] = {KEYMAP_ROWS(KEYMAP_NAME)};

/* The names of the keys that the user chose, which are made of the names of the single keys. */
struct key_texts {
	char name[KEYMAP_KEYS * KEY_NAME_SIZE];
	char ascii[KEYMAP_KEYS * KEY_NAME_SIZE];
};

/* The keys in force. A process has one keyboard, so this is not part of an object. */
static struct key_binding bindings[ACTION_COUNT] = {KEYMAP_ROWS(KEYMAP_BINDING)};
static struct key_texts texts[ACTION_COUNT];

void keymap_word(enum action action, char word[KEYMAP_WORD_SIZE])
{
	snprintf(word, KEYMAP_WORD_SIZE, "%s", action_names[action] ? action_names[action] : "");
	for (char *letter = word; *letter; letter++)
		*letter = *letter == '_' ? '-' : (char)tolower((unsigned char)*letter);
}

enum action keymap_find(const char *word)
{
	char name[KEYMAP_WORD_SIZE];

	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		keymap_word((enum action)action, name);
		if (strcmp(name, word) == 0)
			return (enum action)action;
	}
	return ACTION_NONE;
}

/* Returns the keys that an action would have. */
static const int *keymap_chosen(const struct key_choices *choices, int action)
{
	return choices->set[action] ? choices->keys[action] : defaults[action].keys;
}

static bool keymap_has(const int keys[KEYMAP_KEYS], int key)
{
	for (size_t i = 0; i < KEYMAP_KEYS && keys[i]; i++)
		if (keys[i] == key)
			return true;
	return false;
}

bool keymap_find_conflict(const struct key_choices *choices, struct key_conflict *conflict)
{
	for (int second = ACTION_NONE + 1; second < ACTION_COUNT; second++) {
		const int *keys = keymap_chosen(choices, second);

		for (int first = ACTION_NONE + 1; first < second; first++) {
			for (size_t i = 0; i < KEYMAP_KEYS && keys[i]; i++) {
				if (!keymap_has(keymap_chosen(choices, first), keys[i]))
					continue;
				*conflict = (struct key_conflict){(enum action)first,
								  (enum action)second, keys[i]};
				return true;
			}
		}
	}
	return false;
}

/* Joins the names of keys with blanks. A key with several codes has one name. */
static void keymap_join(const int keys[KEYMAP_KEYS], bool ascii,
			char text[KEYMAP_KEYS * KEY_NAME_SIZE])
{
	char last[KEY_NAME_SIZE] = "";
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < KEYMAP_KEYS && keys[i]; i++) {
		char name[KEY_NAME_SIZE];

		if (!key_name_format(keys[i], ascii, name) || strcmp(name, last) == 0)
			continue;
		length += (size_t)snprintf(text + length, KEYMAP_KEYS * KEY_NAME_SIZE - length,
					   "%s%s", length ? " " : "", name);
		memcpy(last, name, sizeof(last));
	}
}

void keymap_use(const struct key_choices *choices)
{
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		bindings[action] = defaults[action];
		if (!choices->set[action])
			continue;
		memcpy(bindings[action].keys, choices->keys[action], sizeof(bindings[0].keys));
		keymap_join(choices->keys[action], false, texts[action].name);
		keymap_join(choices->keys[action], true, texts[action].ascii);
		bindings[action].name = texts[action].name;
		bindings[action].ascii = texts[action].ascii;
	}
}

enum action keymap_action(int key)
{
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT && key > 0; action++)
		if (keymap_has(bindings[action].keys, key))
			return (enum action)action;
	return ACTION_NONE;
}

const struct key_binding *keymap_binding(enum action action)
{
	return action == ACTION_NONE ? NULL : &bindings[action];
}

const struct key_binding *keymap_hint(enum key_place place, unsigned int rank)
{
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		if (bindings[action].ranks[place] == rank)
			return &bindings[action];
	}
	return NULL;
}

const char *keymap_heading(enum key_group group)
{
	static const char *const headings[KEY_GROUP_COUNT] = {
		[KEY_GROUP_MOVING] = "Moving",
		[KEY_GROUP_CHOOSING] = "Choosing what is shown",
		[KEY_GROUP_LOOKING] = "Looking closer",
		[KEY_GROUP_DOING] = "Doing",
	};

	return headings[group];
}
