/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/input.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "tui/dashboard/draw.h"
#include "tui/dashboard/history.h"
#include "tui/dashboard/keys.h"
#include "tui/dashboard/mouse.h"
#include "tui/dashboard/prompts.h"
#include "tui/dashboard/screen/key_name.h"
#include "tui/dashboard/screen/screen.h"

/* Shows a message that a key does nothing, so that the user knows that it was read. */
static void input_refuse(struct dashboard *dashboard, wchar_t key)
{
	const char *help = keymap_binding(ACTION_HELP)->name;
	char name[KEY_NAME_SIZE];

	if (!key_name_format((int)key, !dashboard->context.glyphs->unicode, name))
		snprintf(name, sizeof(name), "this key");
	context_note(&dashboard->context, "%s does nothing here: %.*s help", name,
		     (int)strcspn(help, " "), help);
}

/* Handles a character of a paste. Pasted text never acts as keys: it is text for a prompt. */
static void input_paste(struct dashboard *dashboard, wchar_t character)
{
	bool text = character >= ' ' && character != KEY_DELETE;

	if (dashboard->prompt.kind == PROMPT_NONE || dashboard->prompt.kind == PROMPT_REPLACE)
		context_note(&dashboard->context,
			     "the paste was ignored: / and : ask for text that can be pasted");
	else if (text)
		dashboard_prompt_key(dashboard, false, character);
}

static void input_press(struct dashboard *dashboard, bool is_code, wchar_t key)
{
	context_silence(&dashboard->context);
	/* Update between keys that arrive together, so that each acts on current rows. */
	if (dashboard->keys_since_update > 0 && dashboard->prompt.kind == PROMPT_NONE)
		dashboard_update(dashboard);
	dashboard->keys_since_update++;
	if (dashboard->prompt.kind != PROMPT_NONE)
		dashboard_prompt_key(dashboard, is_code, key);
	/* Skip characters beyond ASCII, which overlap with the key codes of curses. */
	else if (!is_code && key >= 0x80)
		return;
	else if (popup_is_open(&dashboard->popup))
		popup_key(&dashboard->popup, &dashboard->context, is_code, key,
			  keymap_action((int)key));
	else if (!dashboard_act(dashboard, keymap_action((int)key)))
		input_refuse(dashboard, key);
}

static void input_handle(struct dashboard *dashboard, enum key_event event)
{
	const struct key_input *input = &dashboard->input;

	switch (event) {
	case KEY_EVENT_NONE:
		break;
	case KEY_EVENT_KEY:
		input_press(dashboard, input->is_code, input->key);
		break;
	case KEY_EVENT_PASTED:
		input_paste(dashboard, input->key);
		break;
	case KEY_EVENT_MOUSE:
		dashboard_mouse(dashboard, &input->mouse);
		break;
	case KEY_EVENT_ANSWER:
		appearance_handle_answer(&dashboard->appearance, &dashboard->context, input->text);
		break;
	}
}

/* Reads the next event. Returns false if no more input is there. */
static bool input_read(struct dashboard *dashboard, enum key_event *event)
{
	struct key_input *input = &dashboard->input;
	char byte;
	bool more;

	*event = key_input_next(input);
	if (*event)
		return true;
	more = screen_read(&byte);
	*event = more ? key_input_feed(input, byte, clock_monotonic_ns())
		      : key_input_pause(input, clock_monotonic_ns());
	return more || *event;
}

void dashboard_input(struct dashboard *dashboard)
{
	enum key_event event;

	dashboard->keys_since_update = dashboard->frame_dropped;
	/* The view at the start is the first one. */
	history_note(dashboard);
	/* Further keys are for the editor once it runs. */
	while (!dashboard->quitting && !dashboard->editor.running &&
	       input_read(dashboard, &event)) {
		input_handle(dashboard, event);
		history_note(dashboard);
	}
}
