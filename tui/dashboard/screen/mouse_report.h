/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's reports of the mouse, in xterm's two protocols ("Mouse Tracking" in its control
 * sequences). Pure. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_MOUSE_REPORT_H
#define POLECAT_TUI_DASHBOARD_SCREEN_MOUSE_REPORT_H

#include <stdbool.h>

/* Switch reports of buttons (1000) on and off, in the protocol SGR (1006) if the terminal knows it.
 * A terminal that does not know it uses X10's protocol. */
#define MOUSE_REPORT_ON  "\033[?1000h\033[?1006h"
#define MOUSE_REPORT_OFF "\033[?1000l\033[?1002l\033[?1003l\033[?1006l"

/* The bytes that follow "CSI M" in a report of X10's protocol. */
#define MOUSE_REPORT_X10_BYTES 3

enum mouse_action {
	MOUSE_PRESS = 0, /* of the first button */
	MOUSE_RELEASE,   /* of the first button; in X10's protocol, of any */
	MOUSE_WHEEL_UP,
	MOUSE_WHEEL_DOWN,
};

struct mouse_event {
	enum mouse_action action;
	int row; /* from 0; may lie outside of the screen */
	int column;
};

/* Reads the parameters of a report in the protocol SGR ("0;10;5" of CSI < 0;10;5 M). `final` is the
 * last byte: M or m. Returns false, with `event` unchanged, for a wrong form and for movements and
 * buttons that have no meaning here. Shift, Alt and Ctrl do not matter. */
bool mouse_report_read_sgr(const char *parameters, char final, struct mouse_event *event);

/* Reads a report in X10's protocol, in the same way. */
bool mouse_report_read_x10(const unsigned char bytes[MOUSE_REPORT_X10_BYTES],
			   struct mouse_event *event);

#endif
