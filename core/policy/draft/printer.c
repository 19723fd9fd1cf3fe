/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/printer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"

static int append(struct printer *printer, const void *bytes, size_t length)
{
	if (printer->error != 0)
		return printer->error;
	if (printer->length + length + 1 > printer->capacity) {
		size_t capacity = (printer->length + length + 1) * 2;
		if (capacity < 4096)
			capacity = 4096;
		char *grown = realloc(printer->data, capacity);
		if (!grown)
			return printer->error = -ENOMEM;
		printer->data = grown;
		printer->capacity = capacity;
	}
	memcpy(printer->data + printer->length, bytes, length);
	printer->length += length;
	printer->data[printer->length] = '\0';
	return 0;
}

static int write_handler(void *data, unsigned char *buffer, size_t size)
{
	return append(data, buffer, size) == 0;
}

void printer_init(struct printer *printer)
{
	memset(printer, 0, sizeof(*printer));
}

/* made: what the event's initialiser returned. The emitter takes the event over, failed or not. */
static void emit(struct printer *printer, yaml_event_t *event, int made)
{
	if (printer->error != 0) {
		if (made)
			yaml_event_delete(event);
		return;
	}
	/* The emitter is given well-formed events and valid UTF-8: memory is all that it can lack.
	 */
	if (!made || !yaml_emitter_emit(&printer->emitter, event))
		printer->error = -ENOMEM;
}

void printer_document_start(struct printer *printer)
{
	yaml_event_t event;

	if (printer->error == 0 && !yaml_emitter_initialize(&printer->emitter))
		printer->error = -ENOMEM;
	if (printer->error != 0)
		return;
	printer->open = true;
	yaml_emitter_set_output(&printer->emitter, write_handler, printer);
	yaml_emitter_set_encoding(&printer->emitter, YAML_UTF8_ENCODING);
	yaml_emitter_set_unicode(&printer->emitter, 0);
	yaml_emitter_set_indent(&printer->emitter, 2);
	/* No folding: a long name stays on its line. */
	yaml_emitter_set_width(&printer->emitter, -1);
	emit(printer, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(printer, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
}

void printer_document_end(struct printer *printer)
{
	yaml_event_t event;

	emit(printer, &event, yaml_document_end_event_initialize(&event, 1));
	emit(printer, &event, yaml_stream_end_event_initialize(&event));
	if (printer->open)
		yaml_emitter_delete(&printer->emitter);
	printer->open = false;
}

void printer_map_start(struct printer *printer)
{
	yaml_event_t event;

	emit(printer, &event,
	     yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

void printer_map_end(struct printer *printer)
{
	yaml_event_t event;

	emit(printer, &event, yaml_mapping_end_event_initialize(&event));
}

void printer_list_start(struct printer *printer)
{
	yaml_event_t event;

	emit(printer, &event,
	     yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
						  YAML_BLOCK_SEQUENCE_STYLE));
}

void printer_list_end(struct printer *printer)
{
	yaml_event_t event;

	emit(printer, &event, yaml_sequence_end_event_initialize(&event));
}

static void scalar(struct printer *printer, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t event;
	/* libyaml copies the text; that it asks for it without const is its interface's age. */
	yaml_char_t *bytes = (yaml_char_t *)(uintptr_t)text;
	int length = (int)strlen(text);

	emit(printer, &event,
	     yaml_scalar_event_initialize(&event, NULL, NULL, bytes, length, 1, 1, style));
}

void printer_plain(struct printer *printer, const char *text)
{
	scalar(printer, text, YAML_PLAIN_SCALAR_STYLE);
}

void printer_quoted(struct printer *printer, const char *text)
{
	scalar(printer, text, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

void printer_number(struct printer *printer, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	printer_plain(printer, text);
}

void printer_comment(struct printer *printer, const char *text)
{
	if (printer->error == 0 && !yaml_emitter_flush(&printer->emitter))
		printer->error = -ENOMEM;
	append(printer, " # ", 3);
	append(printer, text, strlen(text));
}

/* Puts the comments behind the last `count` lines of the buffer, of which each is one item. */
static void insert_comments(struct printer *printer, const struct printer_item *items, size_t count)
{
	size_t end = printer->length;

	if (end > 0 && printer->data[end - 1] == '\n')
		end--;
	size_t start = end;
	for (size_t lines = 0; start > 0 && lines < count; lines++) {
		start--;
		while (start > 0 && printer->data[start - 1] != '\n')
			start--;
	}
	size_t length = printer->length - start;
	CLEANUP_FREE char *tail = malloc(length + 1);
	if (!tail) {
		printer->error = -ENOMEM;
		return;
	}
	memcpy(tail, printer->data + start, length);
	tail[length] = '\0';
	printer->length = start;
	const char *line = tail;
	for (size_t i = 0; i < count; i++) {
		size_t line_length = strcspn(line, "\n");
		append(printer, line, line_length);
		line += line_length;
		if (items[i].comment) {
			append(printer, " # ", 3);
			append(printer, items[i].comment, strlen(items[i].comment));
		}
		if (*line == '\n') {
			append(printer, "\n", 1);
			line++;
		}
	}
}

void printer_commented_list(struct printer *printer, const struct printer_item *items, size_t count)
{
	bool any = false;

	printer_list_start(printer);
	for (size_t i = 0; i < count; i++) {
		printer_quoted(printer, items[i].text);
		any |= items[i].comment != NULL;
	}
	printer_list_end(printer);
	if (!any)
		return;
	/* libyaml may hold items back until it has seen the end: only now all are written. */
	if (printer->error == 0 && !yaml_emitter_flush(&printer->emitter))
		printer->error = -ENOMEM;
	if (printer->error == 0)
		insert_comments(printer, items, count);
}

void printer_raw(struct printer *printer, const char *text)
{
	append(printer, text, strlen(text));
}

void printer_comment_line(struct printer *printer, const char *format, ...)
{
	char text[1280];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	append(printer, "# ", 2);
	append(printer, text, strlen(text));
	append(printer, "\n", 1);
}

int printer_finish(struct printer *printer, char **text, size_t *length)
{
	append(printer, "", 0);
	if (printer->open)
		yaml_emitter_delete(&printer->emitter);
	if (printer->error != 0) {
		free(printer->data);
		return printer->error;
	}
	*text = printer->data;
	*length = printer->length;
	return 0;
}
