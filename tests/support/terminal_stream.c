/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/terminal_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The maximum number of repetitions of a character (REP). All test terminals have fewer columns. */
#define REPEAT_MAX 1000

enum stream_state {
	STREAM_TEXT = 0,
	STREAM_ESCAPE,        /* after ESC, or after ESC and intermediate bytes */
	STREAM_CONTROL,       /* after ESC [ */
	STREAM_STRING,        /* inside OSC, DCS …: until BEL or ESC \ */
	STREAM_STRING_ESCAPE, /* after an ESC inside a string */
};

/* ECMA-48: a control sequence ends with a byte from @ to ~. */
static bool is_final(char byte)
{
	return byte >= 0x40 && byte <= 0x7e;
}

static void set_private_mode(struct terminal_modes *modes, long mode, bool on)
{
	switch (mode) {
	case 1:
		modes->application_cursor = on;
		break;
	case 7:
		modes->no_wrap = !on;
		break;
	case 25:
		modes->cursor_hidden = !on;
		break;
	case 47:
	case 1047:
	case 1049:
		modes->alternate_screen = on;
		break;
	case 9:
	case 1000:
	case 1002:
	case 1003:
		if (on)
			modes->mouse |= 1u << mode % 10;
		else
			modes->mouse &= ~(1u << mode % 10);
		break;
	case 1005:
	case 1006:
	case 1015:
		modes->mouse_encoding = on;
		break;
	case 1004:
		modes->focus_reports = on;
		break;
	case 2004:
		modes->bracketed_paste = on;
		break;
	default:
		break;
	}
}

/* Records the modes that ESC [ ? n ; n … h or ESC [ 4 h sets. With a final l instead of h, these
 * sequences reset the modes. */
static void follow_mode(struct terminal_stream *stream, char final)
{
	const char *at = stream->sequence + 2;
	bool private_mode = *at == '?';

	if (private_mode)
		at++;
	while (*at >= '0' && *at <= '9') {
		char *end;
		long mode = strtol(at, &end, 10);

		if (private_mode)
			set_private_mode(&stream->modes, mode, final == 'h');
		else if (mode == 4)
			stream->modes.insert = final == 'h';
		at = *end == ';' ? end + 1 : end;
	}
}

/* Records the scroll region of ESC [ top ; bottom r. Without numbers, it is the whole screen. */
static void follow_region(struct terminal_stream *stream)
{
	stream->modes.region_top = 0;
	stream->modes.region_bottom = 0;
	sscanf(stream->sequence + 2, "%d;%d", &stream->modes.region_top,
	       &stream->modes.region_bottom);
}

static void emit(terminal_stream_write *write, void *data, const char *text)
{
	write(data, text, strlen(text));
}

/*
 * Rewrites one parameter of SGR, with its sub-parameters. After an extended colour (38, 48) that is
 * written with semicolons, the next parameters belong to the colour and are not attributes. *skip
 * counts the parameters that still belong to the colour; -1: the next parameter gives the number.
 */
static void rewrite_attribute(const char *parameter, int *skip, char *out, size_t size)
{
	int kind;
	int red;
	int green;
	int blue;

	if (*skip < 0) { /* the kind of colour: 5 (index) or 2 (red, green, blue) */
		*skip = strcmp(parameter, "5") == 0 ? 1 : strcmp(parameter, "2") == 0 ? 3 : 0;
	} else if (*skip > 0) {
		(*skip)--;
	} else if (strcmp(parameter, "38") == 0 || strcmp(parameter, "48") == 0) {
		*skip = -1;
	} else if (strcmp(parameter, "2") == 0) {
		snprintf(out, size, "1%d", TERMINAL_STREAM_DIM_FONT);
		return;
	} else if (strcmp(parameter, "22") == 0) {
		snprintf(out, size, "22;10");
		return;
	} else if (sscanf(parameter, "%d:2::%d:%d:%d", &kind, &red, &green, &blue) == 4) {
		snprintf(out, size, "%d;2;%d;%d;%d", kind, red, green, blue);
		return;
	}
	snprintf(out, size, "%s", parameter);
}

static void pass_attributes(struct terminal_stream *stream, terminal_stream_write *write,
			    void *data)
{
	char *parameters = stream->sequence + 2;
	char *rest = parameters;
	char *parameter;
	int skip = 0;

	stream->sequence[stream->length - 1] = '\0'; /* replaces the final m */
	stream->modes.attributes = strspn(parameters, "0;") != strlen(parameters);
	emit(write, data, "\033[");
	while ((parameter = strsep(&rest, ";"))) {
		char out[TERMINAL_STREAM_SEQUENCE_MAX];

		rewrite_attribute(parameter, &skip, out, sizeof(out));
		emit(write, data, out);
		if (rest)
			emit(write, data, ";");
	}
	emit(write, data, "m");
}

/* Writes the last character `count` times instead of ESC [ count b (REP). */
static void repeat_last(struct terminal_stream *stream, terminal_stream_write *write, void *data)
{
	long count = strtol(stream->sequence + 2, NULL, 10);

	for (long i = 0; i < (count ? count : 1) && i < REPEAT_MAX; i++)
		write(data, &stream->last, 1);
}

static void end_control(struct terminal_stream *stream, terminal_stream_write *write, void *data)
{
	char final = stream->sequence[stream->length - 1];
	char first = stream->sequence[2];

	if (final == 'm' && (first == 'm' || first == ';' || (first >= '0' && first <= '9'))) {
		pass_attributes(stream, write, data);
		return;
	}
	if (final == 'b' && stream->last) {
		repeat_last(stream, write, data);
		return;
	}
	if (final == 'h' || final == 'l')
		follow_mode(stream, final);
	else if (final == 'r' && first != '?')
		follow_region(stream);
	write(data, stream->sequence, stream->length);
}

static void follow_charset(struct terminal_stream *stream)
{
	stream->modes.line_drawing =
		stream->shifted_out ? stream->g1_line_drawing : stream->g0_line_drawing;
}

/* Records the modes that ESC, intermediate bytes and a final byte set. */
static void end_escape(struct terminal_stream *stream)
{
	char kind = stream->sequence[1];
	char final = stream->sequence[stream->length - 1];

	if (kind == '=')
		stream->modes.application_keypad = true;
	else if (kind == '>')
		stream->modes.application_keypad = false;
	else if (kind == '(')
		stream->g0_line_drawing = final == '0';
	else if (kind == ')')
		stream->g1_line_drawing = final == '0';
	else if (kind == 'c')
		memset(&stream->modes, 0, sizeof(stream->modes));
	follow_charset(stream);
}

static void keep(struct terminal_stream *stream, char byte)
{
	if (stream->length < sizeof(stream->sequence) - 1)
		stream->sequence[stream->length++] = byte;
	stream->sequence[stream->length] = '\0';
}

static void feed_text(struct terminal_stream *stream, char byte, terminal_stream_write *write,
		      void *data)
{
	if (byte == '\033') {
		stream->length = 0;
		keep(stream, byte);
		stream->state = STREAM_ESCAPE;
		return;
	}
	if (byte == '\016' || byte == '\017') {
		stream->shifted_out = byte == '\016';
		follow_charset(stream);
	}
	stream->last = byte >= ' ' && byte <= '~' ? byte : '\0';
	write(data, &byte, 1);
}

static void feed_escape(struct terminal_stream *stream, char byte, terminal_stream_write *write,
			void *data)
{
	keep(stream, byte);
	if (stream->length == 2 && byte == '[') {
		stream->state = STREAM_CONTROL;
		return;
	}
	if (byte >= 0x20 && byte <= 0x2f) /* an intermediate byte: more bytes follow */
		return;
	if (stream->length == 2 && strchr("]PX^_", byte)) {
		stream->title_count++;
		stream->state = STREAM_STRING;
	} else {
		end_escape(stream);
		stream->state = STREAM_TEXT;
	}
	write(data, stream->sequence, stream->length);
}

void terminal_stream_feed(struct terminal_stream *stream, const char *bytes, size_t length,
			  terminal_stream_write *write, void *data)
{
	for (size_t i = 0; i < length; i++) {
		char byte = bytes[i];

		switch ((enum stream_state)stream->state) {
		case STREAM_TEXT:
			feed_text(stream, byte, write, data);
			break;
		case STREAM_ESCAPE:
			feed_escape(stream, byte, write, data);
			break;
		case STREAM_CONTROL:
			keep(stream, byte);
			if (is_final(byte)) {
				end_control(stream, write, data);
				stream->state = STREAM_TEXT;
			}
			break;
		case STREAM_STRING:
		case STREAM_STRING_ESCAPE:
			write(data, &byte, 1);
			if (byte == '\a' || (stream->state == STREAM_STRING_ESCAPE && byte == '\\'))
				stream->state = STREAM_TEXT;
			else
				stream->state =
					byte == '\033' ? STREAM_STRING_ESCAPE : STREAM_STRING;
			break;
		}
	}
}
