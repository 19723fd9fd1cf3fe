/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/keymap.h"

#include <curses.h>

#define KEYMAP_BINDING(action_name, group_name, function, ...) \
	[ACTION_##action_name] = {                             \
		.action = ACTION_##action_name, .group = KEY_GROUP_##group_name, __VA_ARGS__},

/* ACTION_NONE has no keys. */
static const struct key_binding bindings[ACTION_COUNT] = {KEYMAP_ROWS(KEYMAP_BINDING)};

enum action keymap_action(int key)
{
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT && key > 0; action++) {
		for (size_t i = 0; i < KEYMAP_KEYS && bindings[action].keys[i]; i++) {
			if (bindings[action].keys[i] == key)
				return (enum action)action;
		}
	}
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
