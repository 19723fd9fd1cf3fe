/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the output of a program before libvterm gets it. Records the modes that the program
 * switches on and must switch off again, and rewrites sequences that libvterm 0.1 cannot show:
 *
 *  - The cells of libvterm cannot store "dim" (SGR 2). It becomes the alternative font 2 (SGR 12).
 *  - If a repetition (REP) ends one column before the margin, libvterm wraps the next character. So
 *    the repeated characters are written instead of REP.
 *  - Direct colours with a colour space (38:2::r:g:b, from xterm-direct) become 38;2;r;g;b.
 */
#ifndef POLECAT_TESTS_SUPPORT_TERMINAL_STREAM_H
#define POLECAT_TESTS_SUPPORT_TERMINAL_STREAM_H

#include <stdbool.h>
#include <stddef.h>

/* The font that stands for "dim" in libvterm's cells. */
#define TERMINAL_STREAM_DIM_FONT 2

#define TERMINAL_STREAM_SEQUENCE_MAX 256

/* The modes of a terminal that a program must restore. */
struct terminal_modes {
	bool alternate_screen;   /* DEC 47, 1047, 1049 */
	bool cursor_hidden;      /* DEC 25 off */
	unsigned int mouse;      /* one bit for each of DEC 9, 1000, 1002, 1003 */
	bool mouse_encoding;     /* DEC 1005, 1006, 1015 */
	bool focus_reports;      /* DEC 1004 */
	bool bracketed_paste;    /* DEC 2004 */
	bool application_cursor; /* DEC 1 */
	bool application_keypad; /* ESC = */
	bool no_wrap;            /* DEC 7 off */
	bool insert;             /* ANSI 4 */
	bool line_drawing;       /* the line drawing set is in use */
	bool attributes;         /* the last SGR was not a reset */
	int region_top;          /* scroll region, rows from 1; 0: the whole screen */
	int region_bottom;
};

struct terminal_stream {
	struct terminal_modes modes;
	unsigned int title_count; /* number of OSC, DCS, APC, PM and SOS strings */
	/* The members below are private to terminal_stream_feed. */
	int state;
	char sequence[TERMINAL_STREAM_SEQUENCE_MAX];
	size_t length;
	bool g0_line_drawing;
	bool g1_line_drawing;
	bool shifted_out;
	char last; /* the last byte of text, which REP repeats; 0: not printable ASCII */
};

/* Called with the bytes for libvterm. */
typedef void terminal_stream_write(void *data, const char *bytes, size_t length);

/* Records the modes that `length` bytes set, rewrites sequences, and passes the result to `write`.
 * A sequence may be split between calls. */
void terminal_stream_feed(struct terminal_stream *stream, const char *bytes, size_t length,
			  terminal_stream_write *write, void *data);

#endif
