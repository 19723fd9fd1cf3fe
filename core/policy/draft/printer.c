/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/printer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"

static int printer_write(void *data, unsigned char *bytes, size_t size)
{
	struct printer *printer = data;

	return buffer_append(&printer->buffer, bytes, size) == 0;
}

static void printer_fail(struct printer *printer)
{
	if (printer->buffer.error == 0)
		printer->buffer.error = -ENOMEM;
}

/*
 * Emits an event. `made` is the result of its initialiser. The emitter owns the event in any case.
 */
static void printer_emit(struct printer *printer, yaml_event_t *event, int made)
{
	if (printer->buffer.error != 0) {
		if (made)
			yaml_event_delete(event);
		return;
	}
	/*
	 * Events are well-formed and texts are valid UTF-8, so only missing memory makes this fail.
	 */
	if (!made || !yaml_emitter_emit(&printer->emitter, event))
		printer_fail(printer);
}

void printer_document_start(struct printer *printer)
{
	yaml_event_t event;

	if (printer->buffer.error == 0 && !yaml_emitter_initialize(&printer->emitter))
		printer_fail(printer);
	if (printer->buffer.error != 0)
		return;
	printer->open = true;
	yaml_emitter_set_output(&printer->emitter, printer_write, printer);
	yaml_emitter_set_encoding(&printer->emitter, YAML_UTF8_ENCODING);
	yaml_emitter_set_unicode(&printer->emitter, 0);
	yaml_emitter_set_indent(&printer->emitter, 2);
	/* Do not fold lines, so that a long name stays on its line. */
	yaml_emitter_set_width(&printer->emitter, -1);
	printer_emit(printer, &event,
		     yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	printer_emit(printer, &event,
		     yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
}

static void printer_end(struct printer *printer)
{
	if (!printer->open)
		return;
	printer->lines += (size_t)printer->emitter.line;
	yaml_emitter_delete(&printer->emitter);
	printer->open = false;
}

void printer_document_end(struct printer *printer)
{
	yaml_event_t event;

	printer_emit(printer, &event, yaml_document_end_event_initialize(&event, 1));
	printer_emit(printer, &event, yaml_stream_end_event_initialize(&event));
	printer_end(printer);
}

static void printer_scalar(struct printer *printer, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t event;
	/* libyaml copies the text, although its interface has no const. */
	yaml_char_t *bytes = (yaml_char_t *)(uintptr_t)text;
	int length = (int)strlen(text);

	printer_emit(printer, &event,
		     yaml_scalar_event_initialize(&event, NULL, NULL, bytes, length, 1, 1, style));
}

void printer_plain(struct printer *printer, const char *text)
{
	printer_scalar(printer, text, YAML_PLAIN_SCALAR_STYLE);
}

/* Words that readers of YAML 1.1 or 1.2 do not read as texts, in lower case. */
static const char *const printer_words[] = {
	"y", "n", "yes", "no", "on", "off", "true", "false", "null",
};

/*
 * Returns whether every YAML reader reads the text as a text without quotes. It begins with a
 * letter and is no word of YAML, or it begins with a digit and contains a character that no number
 * and no time has. All characters are those of names, labels and blocks, in which a colon does not
 * end a key.
 */
static bool printer_is_plain(const char *text)
{
	static const char digits[] = "0123456789";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	/* Decimal, octal, hexadecimal and binary numbers, exponents, times (yaml.org/type). */
	static const char numeric[] = "0123456789abcdefABCDEFoOxXtTzZ_.-:";
	size_t length = strlen(text);

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!strchr(digits, text[i]) && !strchr(letters, text[i]) &&
		    !strchr("-_./:", text[i]))
			return false;
	}
	if (text[length - 1] == ':')
		return false;
	if (strchr(digits, text[0]))
		return strspn(text, numeric) < length;
	if (!strchr(letters, text[0]))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(printer_words); i++) {
		if (strcasecmp(text, printer_words[i]) == 0)
			return false;
	}
	return true;
}

void printer_text(struct printer *printer, const char *text)
{
	printer_scalar(printer, text,
		       printer_is_plain(text) ? YAML_PLAIN_SCALAR_STYLE
					      : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

void printer_plain_pair(struct printer *printer, const char *key, const char *value)
{
	printer_plain(printer, key);
	printer_plain(printer, value);
}

void printer_text_pair(struct printer *printer, const char *key, const char *value)
{
	printer_plain(printer, key);
	printer_text(printer, value);
}

void printer_number_pair(struct printer *printer, const char *key, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	printer_plain_pair(printer, key, text);
}

void printer_map(struct printer *printer, const char *key)
{
	yaml_event_t event;

	if (key)
		printer_plain(printer, key);
	printer->lists <<= 1;
	printer_emit(printer, &event,
		     yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
							 YAML_BLOCK_MAPPING_STYLE));
}

void printer_list(struct printer *printer, const char *key)
{
	yaml_event_t event;

	if (key)
		printer_plain(printer, key);
	printer->lists = printer->lists << 1 | 1;
	printer_emit(printer, &event,
		     yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
							  YAML_BLOCK_SEQUENCE_STYLE));
}

void printer_close(struct printer *printer)
{
	yaml_event_t event;
	bool list = printer->lists & 1;

	printer->lists >>= 1;
	printer_emit(printer, &event,
		     list ? yaml_sequence_end_event_initialize(&event)
			  : yaml_mapping_end_event_initialize(&event));
}

static void printer_flush(struct printer *printer)
{
	if (printer->buffer.error == 0 && !yaml_emitter_flush(&printer->emitter))
		printer_fail(printer);
}

static void printer_append_comment(struct printer *printer, const char *text)
{
	buffer_append_text(&printer->buffer, " # ");
	buffer_append_text(&printer->buffer, text);
}

void printer_comment(struct printer *printer, const char *text)
{
	printer_flush(printer);
	printer_append_comment(printer, text);
}

/* Appends the comments to the last `count` lines of the buffer, one for each item. */
static void printer_insert_comments(struct printer *printer, const struct printer_item *items,
				    size_t count)
{
	struct buffer *buffer = &printer->buffer;
	size_t end = buffer->length;

	if (end > 0 && buffer->data[end - 1] == '\n')
		end--;
	size_t start = end;
	for (size_t lines = 0; start > 0 && lines < count; lines++) {
		start--;
		while (start > 0 && buffer->data[start - 1] != '\n')
			start--;
	}
	CLEANUP_FREE char *tail = strdup(buffer->data + start);
	if (!tail) {
		printer_fail(printer);
		return;
	}
	buffer->length = start;
	const char *line = tail;
	for (size_t i = 0; i < count; i++) {
		size_t length = strcspn(line, "\n");
		buffer_append(buffer, line, length);
		line += length;
		if (items[i].comment)
			printer_append_comment(printer, items[i].comment);
		if (*line == '\n')
			buffer_append(buffer, line++, 1);
	}
}

void printer_comment_above(struct printer *printer, const char *text, size_t above)
{
	CLEANUP_FREE struct printer_item *items = calloc(above + 1, sizeof(*items));

	if (!items) {
		printer_fail(printer);
		return;
	}
	items[0].comment = text;
	printer_flush(printer);
	if (printer->buffer.error == 0)
		printer_insert_comments(printer, items, above + 1);
}

void printer_commented_list(struct printer *printer, const char *key,
			    const struct printer_item *items, size_t count)
{
	bool any = false;

	printer_list(printer, key);
	for (size_t i = 0; i < count; i++) {
		printer_text(printer, items[i].text);
		any |= items[i].comment != NULL;
	}
	printer_close(printer);
	if (!any)
		return;
	/* libyaml delays items until it sees the end of the list. */
	printer_flush(printer);
	if (printer->buffer.error == 0)
		printer_insert_comments(printer, items, count);
}

void printer_separator(struct printer *printer)
{
	buffer_append_text(&printer->buffer, "---\n");
	printer->lines++;
}

void printer_comment_line(struct printer *printer, const char *format, ...)
{
	va_list arguments;

	buffer_append_text(&printer->buffer, "# ");
	va_start(arguments, format);
	buffer_vprintf(&printer->buffer, format, arguments);
	va_end(arguments);
	buffer_append_char(&printer->buffer, '\n');
	printer->lines++;
}

size_t printer_line(const struct printer *printer)
{
	return printer->lines + (printer->open ? (size_t)printer->emitter.line : 0);
}

int printer_finish(struct printer *printer, char **text, size_t *length)
{
	printer_end(printer);
	return buffer_steal(&printer->buffer, text, length);
}
