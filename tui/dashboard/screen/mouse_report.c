/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/mouse_report.h"

#include <ctype.h>
#include <stddef.h>

/* Bits of the number of the button. */
#define MODIFIERS  (4u | 8u | 16u)
#define WHEEL      64u
#define WHEEL_DOWN (WHEEL | 1u)
/* The button of a release in X10's protocol. */
#define X10_RELEASED 3u
/* X10's protocol adds this to each number. */
#define X10_OFFSET 32u
/* No terminal has more rows or columns. */
#define NUMBER_MAX 99999u

static bool mouse_report_make(unsigned int button, bool released, unsigned int column,
			      unsigned int row, struct mouse_event *event)
{
	enum mouse_action action;

	button &= ~MODIFIERS;
	if (column == 0 || row == 0)
		return false;
	if (button == 0)
		action = released ? MOUSE_RELEASE : MOUSE_PRESS;
	else if ((button == WHEEL || button == WHEEL_DOWN) && !released)
		action = button == WHEEL ? MOUSE_WHEEL_UP : MOUSE_WHEEL_DOWN;
	else
		return false;
	*event = (struct mouse_event){action, (int)row - 1, (int)column - 1};
	return true;
}

/* Reads a number and the byte `end` that follows it. Returns the rest of the text, or NULL. */
static const char *mouse_report_number(const char *at, char end, unsigned int *number)
{
	*number = 0;
	if (!isdigit((unsigned char)*at))
		return NULL;
	for (; isdigit((unsigned char)*at); at++) {
		*number = *number * 10 + (unsigned int)(*at - '0');
		if (*number > NUMBER_MAX)
			return NULL;
	}
	if (*at != end)
		return NULL;
	return end ? at + 1 : at;
}

bool mouse_report_read_sgr(const char *parameters, char final, struct mouse_event *event)
{
	unsigned int button;
	unsigned int column;
	unsigned int row;
	const char *at = mouse_report_number(parameters, ';', &button);

	at = at ? mouse_report_number(at, ';', &column) : NULL;
	at = at ? mouse_report_number(at, '\0', &row) : NULL;
	return at && mouse_report_make(button, final == 'm', column, row, event);
}

bool mouse_report_read_x10(const unsigned char bytes[MOUSE_REPORT_X10_BYTES],
			   struct mouse_event *event)
{
	for (size_t i = 0; i < MOUSE_REPORT_X10_BYTES; i++)
		if (bytes[i] < X10_OFFSET)
			return false;
	unsigned int button = bytes[0] - X10_OFFSET;
	bool released = (button & ~MODIFIERS) == X10_RELEASED;

	return mouse_report_make(released ? 0 : button, released, bytes[1] - X10_OFFSET,
				 bytes[2] - X10_OFFSET, event);
}
