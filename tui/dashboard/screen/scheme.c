/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/scheme.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/yaml.h"
#include "tui/dashboard/screen/palette.h"

#define SLOT_BACKGROUND 0x00
#define SLOT_SELECTION  0x02
#define HEX_DIGITS      "0123456789abcdefABCDEF"

/* The colours of a file. */
struct slots {
	uint32_t colours[ROLE_SLOTS];
	bool known[ROLE_SLOTS];
};

/* Returns the number of a slot's name (base00 to base17, in any case), or -1. */
static int scheme_slot(const char *name)
{
	if (strncasecmp(name, "base", 4) != 0 || strlen(name) != 6 ||
	    strspn(name + 4, HEX_DIGITS) != 2)
		return -1;
	unsigned long slot = strtoul(name + 4, NULL, 16);
	return slot < ROLE_SLOTS ? (int)slot : -1;
}

static int scheme_read_colour(const struct yaml_node *node, const char *what, uint32_t *colour,
			      struct yaml_error *error)
{
	const char *text = node->kind == YAML_SCALAR ? node->text : "";
	bool empty = node->kind == YAML_SCALAR && !*text;

	text += *text == '#';
	if (strlen(text) != 6 || strspn(text, HEX_DIGITS) != 6)
		return yaml_refuse(error, node,
				   "%s: a colour of six hexadecimal digits was expected, such as "
				   "\"d8d8d8\"%s",
				   what, empty ? " (a value that begins with # needs quotes)" : "");
	*colour = (uint32_t)strtoul(text, NULL, 16);
	return 0;
}

static int scheme_read_slots(const struct yaml_node *palette, struct slots *slots,
			     struct yaml_error *error)
{
	int err = 0;

	for (size_t i = 0; i + 1 < 2 * palette->count && !err; i += 2) {
		const struct yaml_node *key = palette->items[i];
		int slot = key->kind == YAML_SCALAR ? scheme_slot(key->text) : -1;

		if (slot < 0)
			continue;
		err = scheme_read_colour(palette->items[i + 1], key->text, &slots->colours[slot],
					 error);
		slots->known[slot] = true;
	}
	for (unsigned int slot = 0; slot < ROLE_BASE16_SLOTS && !err; slot++)
		if (!slots->known[slot])
			err = yaml_refuse(error, palette,
					  "base%02X is missing: a theme has base00 to base0F",
					  slot);
	return err;
}

static uint32_t scheme_role_colour(const struct slots *slots, const struct role_style *style)
{
	bool bright = style->bright_slot && slots->known[style->bright_slot];

	return slots->colours[bright ? style->bright_slot : style->slot];
}

/* Reads the mapping `roles`: the name of a slot, or a colour, for each role. */
static int scheme_read_roles(const struct yaml_node *roles, const struct slots *slots,
			     struct scheme *scheme, struct yaml_error *error)
{
	if (roles->kind != YAML_MAPPING)
		return yaml_refuse(error, roles,
				   "roles: a mapping of roles to colours was expected");
	for (size_t i = 0; i + 1 < 2 * roles->count; i += 2) {
		const struct yaml_node *key = roles->items[i];
		const struct yaml_node *value = roles->items[i + 1];
		int slot = value->kind == YAML_SCALAR ? scheme_slot(value->text) : -1;
		enum role role;
		int err = 0;

		if (key->kind != YAML_SCALAR || !role_find(key->text, &role))
			return yaml_refuse(error, key,
					   "no role '%.40s': a role such as text, dim, hanging or "
					   "failed was expected",
					   key->kind == YAML_SCALAR ? key->text : "");
		if (slot >= 0 && !slots->known[slot])
			return yaml_refuse(error, value, "%s: the theme has no %s", key->text,
					   value->text);
		if (slot >= 0)
			scheme->colours[role] = slots->colours[slot];
		else
			err = scheme_read_colour(value, key->text, &scheme->colours[role], error);
		if (err)
			return err;
	}
	return 0;
}

/* Reads the mapping `polecat`. */
static int scheme_read_extras(const struct yaml_node *extras, const struct slots *slots,
			      struct scheme *scheme, struct yaml_error *error)
{
	if (extras->kind != YAML_MAPPING)
		return yaml_refuse(error, extras,
				   "polecat: a mapping with background, monochrome or roles was "
				   "expected");
	for (size_t i = 0; i + 1 < 2 * extras->count; i += 2) {
		const struct yaml_node *key = extras->items[i];
		const struct yaml_node *value = extras->items[i + 1];
		int err = 0;

		if (yaml_is(key, "background") && yaml_is(value, "terminal"))
			scheme->on_terminal = true;
		else if (yaml_is(key, "background") && yaml_is(value, "own"))
			scheme->on_terminal = false;
		else if (yaml_is(key, "background"))
			err = yaml_refuse(error, value, "background: terminal or own was expected");
		else if (yaml_is(key, "monochrome") &&
			 (yaml_is(value, "true") || yaml_is(value, "false")))
			scheme->monochrome = yaml_is(value, "true");
		else if (yaml_is(key, "monochrome"))
			err = yaml_refuse(error, value, "monochrome: true or false was expected");
		else if (yaml_is(key, "roles"))
			err = scheme_read_roles(value, slots, scheme, error);
		else
			err = yaml_refuse(error, key,
					  "polecat: background, monochrome or roles was expected");
		if (err)
			return err;
	}
	return 0;
}

/* Makes all colours readable on their backgrounds. */
static void scheme_adjust(struct scheme *scheme)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		uint32_t colour = scheme->colours[role];

		scheme->colours[role] = palette_readable(colour, scheme->background);
		scheme->selected[role] = palette_readable(colour, scheme->selection);
		scheme->adjusted += scheme->colours[role] != colour;
	}
}

static int scheme_decode(const struct yaml_node *root, struct scheme *scheme,
			 struct yaml_error *error)
{
	const struct yaml_node *palette = yaml_get(root, "palette");
	const struct yaml_node *extras = yaml_get(root, "polecat");
	struct slots slots = {0};
	int err;

	if (root->kind != YAML_MAPPING)
		return yaml_refuse(error, root, "a scheme of base16 or base24 was expected");
	if (!palette)
		palette = root;
	if (palette->kind != YAML_MAPPING)
		return yaml_refuse(error, palette, "palette: base00 to base0F were expected");
	err = scheme_read_slots(palette, &slots, error);
	if (err)
		return err;
	scheme->background = slots.colours[SLOT_BACKGROUND];
	scheme->selection = slots.colours[SLOT_SELECTION];
	scheme->light = palette_is_light(scheme->background);
	for (int role = 0; role < ROLE_COUNT; role++)
		scheme->colours[role] = scheme_role_colour(&slots, role_style((enum role)role));
	if (extras)
		err = scheme_read_extras(extras, &slots, scheme, error);
	return err;
}

int scheme_read(const char *text, size_t length, struct scheme *out, struct yaml_error *error)
{
	struct scheme scheme = {0};
	struct yaml_reader *reader = NULL;
	const struct yaml_node *root = NULL;
	int err = yaml_reader_new(text, length, &reader);

	if (err)
		return err;
	err = yaml_reader_next(reader, &root, error);
	if (!err && !root) {
		*error = (struct yaml_error){.line = 1, .column = 1};
		snprintf(error->message, sizeof(error->message),
			 "the file is empty: a scheme of base16 or base24 was expected");
		err = -EBADMSG;
	}
	if (!err)
		err = scheme_decode(root, &scheme, error);
	yaml_reader_free(reader);
	if (err)
		return err;
	scheme_adjust(&scheme);
	*out = scheme;
	return 0;
}
