/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* strchrnul */
#include "tui/dashboard/panes/policy_yaml.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tui/dashboard/panes/policy_search.h"

/*
 * Chooses the first visible line until the user scrolls: the start of the draft if the draft fits,
 * else its first rule. If the first fresh line would not be visible, scrolls to it.
 */
static void policy_yaml_find_place(struct policy_yaml *yaml, const struct policy_draft *draft,
				   const struct context *context, bool resized)
{
	struct list_cursor *list = &yaml->list;
	size_t count = draft->text.count;
	size_t first_new = count;
	size_t rules = 0;

	for (size_t i = 0; draft->marks && i < count; i++) {
		if (first_new == count &&
		    policy_draft_is_new(context, draft->marks[i], POLICY_FRESH_NS))
			first_new = i;
		/* Start at the line "ingress:" or "egress:", which is above the first rule. */
		if (!rules && draft->text.lines[i].part != DRAFT_PART_NONE)
			rules = i - 1;
	}
	if (resized || list->top == 0)
		list->top = context->alone || count <= list->height ? 0 : rules;
	list->cursor = first_new < count ? first_new : rules + 1;
	if (first_new < count && (first_new < list->top || first_new >= list->top + list->height))
		list->top = first_new > 1 ? first_new - 1 : 0;
}

void policy_yaml_update(struct policy_yaml *yaml, const struct policy_draft *draft,
			const struct context *context, int rows)
{
	if (!yaml->list.moved)
		policy_yaml_find_place(yaml, draft, context, yaml->height != yaml->list.height);
	yaml->height = yaml->list.height;
	list_cursor_fit(&yaml->list, draft->text.count, rows);
}

const struct draft_line *policy_yaml_line(const struct policy_yaml *yaml,
					  const struct policy_draft *draft)
{
	const struct draft_line *line;

	if (!yaml->list.selects || yaml->list.cursor >= draft->text.count)
		return NULL;
	line = &draft->text.lines[yaml->list.cursor];
	return line->part == DRAFT_PART_NONE ? NULL : line;
}

/* Returns the length of the key of a YAML line ("    - ports:") without its colon; 0: no key. */
static size_t policy_yaml_key_length(const char *line)
{
	const char *at = line;

	while (*at == ' ' || *at == '-')
		at++;
	while (isalnum((unsigned char)*at) || *at == '.' || *at == '_' || *at == '/' || *at == '-')
		at++;
	return *at == ':' ? (size_t)(at - line) : 0;
}

static void policy_yaml_draw_line(struct canvas *line, const char *text, bool is_new)
{
	const char *end = strchrnul(text, '\n');
	size_t key = policy_yaml_key_length(text);
	enum role role = is_new ? ROLE_NEW : ROLE_TEXT;

	if (!is_new && text[strspn(text, " ")] == '#')
		role = ROLE_POLICY_COMMENT;
	canvas_add(line, ROLE_NEW, "%s", is_new ? "+" : "");
	line->column = 1;
	if (role == ROLE_TEXT && key) {
		canvas_add(line, ROLE_POLICY_KEY, "%.*s", (int)key, text);
		text += key;
	}
	canvas_add(line, role, "%.*s", (int)(end - text), text);
}

static void policy_yaml_draw_matches(const struct canvas *line, const char *text,
				     const char *search)
{
	const struct policy_search_place place = {.column = 1, .width = line->area.columns};
	char single[CANVAS_TEXT_SIZE];

	snprintf(single, sizeof(single), "%.*s", (int)(strchrnul(text, '\n') - text), text);
	policy_search_draw(line, &place, single, search);
}

void policy_yaml_draw(const struct policy_yaml *yaml, const struct policy_draft *draft,
		      const struct context *context, const struct canvas *canvas,
		      const char *search)
{
	const struct list_cursor *list = &yaml->list;
	const char *text = draft->text.text;

	for (size_t index = 0; index < draft->text.count; index++) {
		int row = (int)index - (int)list->top;
		struct canvas line = canvas_part(canvas, row, 0, 1, canvas->area.columns);

		if (row >= canvas->area.rows)
			return;
		line.selected = canvas->focused && list->selects && index == list->cursor;
		if (row >= 0 && line.selected)
			canvas_blank(&line, 0, 0, line.area.columns, ROLE_TEXT);
		if (row >= 0)
			policy_yaml_draw_line(
				&line, text,
				policy_draft_is_new(context, draft->marks[index], POLICY_NEW_NS));
		if (row >= 0)
			policy_yaml_draw_matches(&line, text, search);
		text = strchrnul(text, '\n');
		text += *text != '\0';
	}
}
