/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/settings_keys.h"

#include "tui/dashboard/screen/key_name.h"
#include "tui/dashboard/screen/keymap.h"

/* Adds the codes of one key to those of an action. */
static int settings_add_key(const struct yaml_decoding *decoding, const struct yaml_node *node,
			    int keys[KEYMAP_KEYS])
{
	int codes[KEY_NAME_CODES];
	size_t count = node->kind == YAML_SCALAR ? key_name_parse(node->text, codes) : 0;
	size_t used = 0;

	if (count == 0)
		return yaml_refuse(decoding->error, node,
				   "no key '%.40s': a character, Ctrl-A, F1, Up, Down, Left, "
				   "Right, PgUp, PgDn, Home, End, Insert, Delete, Tab, Shift-Tab, "
				   "Space, Enter, Esc or Backspace was expected",
				   node->kind == YAML_SCALAR ? node->text : "");
	while (used < KEYMAP_KEYS && keys[used])
		used++;
	if (used + count > KEYMAP_KEYS)
		return yaml_refuse(decoding->error, node,
				   "fewer keys for one action were expected");
	for (size_t i = 0; i < count; i++)
		keys[used + i] = codes[i];
	return 0;
}

/* Reads the keys of one action: a key, or a list of keys. An empty list leaves it without a key. */
static int settings_decode_action(const struct yaml_decoding *decoding,
				  const struct yaml_node *name, const struct yaml_node *value,
				  struct key_choices *choices)
{
	enum action action = name->kind == YAML_SCALAR ? keymap_find(name->text) : ACTION_NONE;
	int err = 0;

	if (action == ACTION_NONE)
		return yaml_refuse(decoding->error, name,
				   "no action '%.40s': an action of `polecat manual keys`, such as "
				   "sort or leave-out, was expected",
				   name->kind == YAML_SCALAR ? name->text : "");
	if (choices->set[action])
		return yaml_refuse(decoding->error, name, "each action was expected once: %.40s",
				   name->text);
	choices->set[action] = true;
	if (value->kind != YAML_LIST)
		return settings_add_key(decoding, value, choices->keys[action]);
	for (size_t i = 0; i < value->count && !err; i++)
		err = settings_add_key(decoding, value->items[i], choices->keys[action]);
	return err;
}

int settings_decode_keys(const struct yaml_decoding *decoding, const struct yaml_node *node,
			 const void *type, void *member)
{
	struct key_choices *choices = member;
	const struct yaml_node *names[ACTION_COUNT] = {NULL};
	struct key_conflict conflict;
	char key[KEY_NAME_SIZE];
	char word[KEYMAP_WORD_SIZE];
	enum action first;
	int err = 0;

	(void)type;
	*choices = (struct key_choices){.set = {false}};
	if (yaml_is_null(node))
		return 0;
	if (node->kind != YAML_MAPPING)
		return yaml_refuse(decoding->error, node,
				   "actions with their keys were expected, such as sort: [s, F6]");
	for (size_t i = 0; i < node->count && !err; i++) {
		err = settings_decode_action(decoding, node->items[2 * i], node->items[2 * i + 1],
					     choices);
		if (!err)
			names[keymap_find(node->items[2 * i]->text)] = node->items[2 * i];
	}
	if (err || !keymap_find_conflict(choices, &conflict))
		return err;
	/* At least one of the two actions is in the file. */
	first = names[conflict.second] ? conflict.first : conflict.second;
	key_name_format(conflict.key, true, key);
	keymap_word(first, word);
	return yaml_refuse(decoding->error,
			   names[conflict.second] ? names[conflict.second] : names[conflict.first],
			   "%s is a key of %s: another key was expected, or other keys for %s", key,
			   word, word);
}
