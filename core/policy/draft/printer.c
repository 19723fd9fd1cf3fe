/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/printer.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "core/base/array.h"
#include "core/base/text.h"

/* YAML readers accept longer keys only after "? " (YAML 1.1, "simple keys"; libyaml's limit). */
#define SIMPLE_KEY_MAX 128

static struct printer_level *printer_level(struct printer *printer)
{
	return printer->depth > 0 ? &printer->levels[printer->depth - 1] : NULL;
}

/* --- lines --- */

/* The maximum number of bytes that printer_put_entry writes: each level indents by at most 2. */
#define PRINTER_ENTRY_MAX (1 + 2 * PRINTER_DEPTH_MAX + 2)

/* Writes a new line and an indent at `end`. Returns the new end. The buffer must have room for
 * PRINTER_ENTRY_MAX bytes. */
static char *printer_put_line(struct printer *printer, size_t indent, char *end)
{
	*end++ = '\n';
	/* Always write the largest indent, because a constant size needs no call. */
	memset(end, ' ', (size_t)2 * PRINTER_DEPTH_MAX);
	printer->lines++;
	return end + indent;
}

/* Writes the beginning of an item of a list or of a key of a map at `end`, like
 * printer_put_line. */
static char *printer_put_entry(struct printer *printer, struct printer_level *level, char *end)
{
	if (!level->empty || !level->in_line)
		end = printer_put_line(printer, level->indent, end);
	if (level->list) {
		*end++ = '-';
		*end++ = ' ';
	}
	level->empty = false;
	return end;
}

/* Ends the buffer at `end`. */
static void printer_set_end(struct printer *printer, char *end)
{
	*end = '\0';
	printer->buffer.length = (size_t)(end - printer->buffer.data);
}

static char *printer_end(const struct printer *printer)
{
	return printer->buffer.data + printer->buffer.length;
}

static void printer_new_line(struct printer *printer, size_t indent)
{
	if (buffer_reserve(&printer->buffer, PRINTER_ENTRY_MAX) == 0)
		printer_set_end(printer, printer_put_line(printer, indent, printer_end(printer)));
}

/* Begins an item of a list or a key of a map. */
static void printer_entry(struct printer *printer, struct printer_level *level)
{
	if (buffer_reserve(&printer->buffer, PRINTER_ENTRY_MAX) == 0)
		printer_set_end(printer, printer_put_entry(printer, level, printer_end(printer)));
}

/* --- scalars --- */

/* Words, in lower case, that readers of YAML 1.1 or 1.2 read as booleans or null instead of
 * strings. None is longer than PRINTER_WORD_MAX. */
#define PRINTER_WORD_MAX 5
static const char *const printer_words[] = {
	"y", "n", "yes", "no", "on", "off", "true", "false", "null",
};

/* The characters of names, labels and address blocks. */
enum printer_class {
	PRINTER_OTHER = 0,
	PRINTER_LETTER,
	PRINTER_DIGIT,
	PRINTER_MARK,
};

#define P_L PRINTER_LETTER
#define P_D PRINTER_DIGIT
#define P_M PRINTER_MARK
static const uint8_t printer_classes[256] = {
	['-'] = P_M, ['.'] = P_M, ['/'] = P_M, ['_'] = P_M, [':'] = P_M, ['0'] = P_D, ['1'] = P_D,
	['2'] = P_D, ['3'] = P_D, ['4'] = P_D, ['5'] = P_D, ['6'] = P_D, ['7'] = P_D, ['8'] = P_D,
	['9'] = P_D, ['A'] = P_L, ['B'] = P_L, ['C'] = P_L, ['D'] = P_L, ['E'] = P_L, ['F'] = P_L,
	['G'] = P_L, ['H'] = P_L, ['I'] = P_L, ['J'] = P_L, ['K'] = P_L, ['L'] = P_L, ['M'] = P_L,
	['N'] = P_L, ['O'] = P_L, ['P'] = P_L, ['Q'] = P_L, ['R'] = P_L, ['S'] = P_L, ['T'] = P_L,
	['U'] = P_L, ['V'] = P_L, ['W'] = P_L, ['X'] = P_L, ['Y'] = P_L, ['Z'] = P_L, ['a'] = P_L,
	['b'] = P_L, ['c'] = P_L, ['d'] = P_L, ['e'] = P_L, ['f'] = P_L, ['g'] = P_L, ['h'] = P_L,
	['i'] = P_L, ['j'] = P_L, ['k'] = P_L, ['l'] = P_L, ['m'] = P_L, ['n'] = P_L, ['o'] = P_L,
	['p'] = P_L, ['q'] = P_L, ['r'] = P_L, ['s'] = P_L, ['t'] = P_L, ['u'] = P_L, ['v'] = P_L,
	['w'] = P_L, ['x'] = P_L, ['y'] = P_L, ['z'] = P_L,
};

static enum printer_class printer_class_of(char character)
{
	return (enum printer_class)printer_classes[(unsigned char)character];
}

/*
 * Returns whether every YAML reader reads the text as a string if it is not quoted. Such a text
 * begins with a letter and is not in printer_words, or it begins with a digit and contains a
 * character that numbers and times do not have. It contains only characters of names, labels and
 * address blocks. A colon in it is not read as the end of a key, because no space follows.
 */
static bool printer_is_plain(const char *text, size_t length)
{
	/* Decimal, octal, hexadecimal and binary numbers, exponents, times (yaml.org/type). */
	static const char numeric[] = "0123456789abcdefABCDEFoOxXtTzZ_.-:";

	for (size_t i = 0; i < length; i++) {
		if (printer_class_of(text[i]) == PRINTER_OTHER)
			return false;
	}
	if (length == 0 || text[length - 1] == ':')
		return false;
	if (printer_class_of(text[0]) == PRINTER_DIGIT)
		return strspn(text, numeric) < length;
	if (printer_class_of(text[0]) != PRINTER_LETTER)
		return false;
	for (size_t i = 0; length <= PRINTER_WORD_MAX && i < ARRAY_LENGTH(printer_words); i++) {
		/* Most texts differ in the first letter. Bit 0x20 converts to lower case. */
		if ((text[0] | 0x20) == printer_words[i][0] &&
		    strcasecmp(text, printer_words[i]) == 0)
			return false;
	}
	return true;
}

/* Appends a text in double quotes, as printable ASCII. */
static void printer_quote(struct printer *printer, const char *text)
{
	struct buffer *buffer = &printer->buffer;
	uint32_t code;

	buffer_append_char(buffer, '"');
	while (*text) {
		size_t length = text_decode(text, &code);
		/* YAML cannot express bytes that are not UTF-8. */
		if (length == 0) {
			code = 0xfffd;
			length = 1;
		}
		if (code == '"' || code == '\\')
			buffer_printf(buffer, "\\%c", (char)code);
		else if (code >= ' ' && code <= '~')
			buffer_append_char(buffer, (char)code);
		else if (code <= 0xff)
			buffer_printf(buffer, "\\x%02X", (unsigned int)code);
		else if (code <= 0xffff)
			buffer_printf(buffer, "\\u%04X", (unsigned int)code);
		else
			buffer_printf(buffer, "\\U%08X", (unsigned int)code);
		text += length;
	}
	buffer_append_char(buffer, '"');
}

/* Writes a scalar: the next key of a map, the value of the key written before, or an item of a
 * list. */
static void printer_scalar(struct printer *printer, const char *text, size_t length, bool plain)
{
	struct printer_level *level = printer_level(printer);
	struct buffer *buffer = &printer->buffer;

	/* One more byte for the colon. printer_quote reserves more. */
	if (buffer->error != 0 || buffer_reserve(buffer, PRINTER_ENTRY_MAX + length + 1) != 0)
		return;
	bool is_key = !level->list && !level->has_key;
	bool is_long = is_key && length > SIMPLE_KEY_MAX;
	char *end = printer_end(printer);
	if (level->list || is_key)
		end = printer_put_entry(printer, level, end);
	else
		*end++ = ' ';
	if (plain && !is_long) {
		memcpy(end, text, length);
		end += length;
		if (is_key)
			*end++ = ':';
		printer_set_end(printer, end);
		level->has_key = is_key;
		return;
	}
	printer_set_end(printer, end);
	if (is_long)
		buffer_append(buffer, "? ", 2);
	if (plain)
		buffer_append(buffer, text, length);
	else
		printer_quote(printer, text);
	if (is_long)
		printer_new_line(printer, level->indent);
	if (is_key)
		buffer_append_char(buffer, ':');
	level->has_key = is_key;
}

void printer_plain(struct printer *printer, const char *text)
{
	printer_scalar(printer, text, strlen(text), true);
}

void printer_text(struct printer *printer, const char *text)
{
	size_t length = strlen(text);

	printer_scalar(printer, text, length, printer_is_plain(text, length));
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
	char text[16] = "";
	char *digits = &text[sizeof(text) - 1];

	for (; number >= 10; number /= 10)
		*--digits = (char)('0' + number % 10);
	*--digits = (char)('0' + number);
	printer_plain_pair(printer, key, digits);
}

/* --- maps and lists --- */

static void printer_open(struct printer *printer, const char *key, bool list)
{
	struct printer_level made = {.list = list, .empty = true, .in_line = !list && !key};
	struct printer_level *parent = printer_level(printer);

	if (key)
		printer_plain(printer, key);
	else if (parent)
		printer_entry(printer, parent);
	if (parent) {
		parent->has_key = false;
		made.indent = (uint8_t)(parent->indent + (list ? 0 : 2));
	}
	if (printer->depth == PRINTER_DEPTH_MAX && printer->buffer.error == 0)
		printer->buffer.error = -EOVERFLOW;
	if (printer->buffer.error == 0)
		printer->levels[printer->depth++] = made;
}

void printer_map(struct printer *printer, const char *key)
{
	printer_open(printer, key, false);
}

void printer_list(struct printer *printer, const char *key)
{
	printer_open(printer, key, true);
}

void printer_close(struct printer *printer)
{
	if (printer->buffer.error != 0)
		return;
	const struct printer_level *level = &printer->levels[--printer->depth];
	if (!level->empty)
		return;
	if (!level->in_line)
		buffer_append_char(&printer->buffer, ' ');
	buffer_append_text(&printer->buffer, level->list ? "[]" : "{}");
}

/* --- between documents --- */

void printer_document_end(struct printer *printer)
{
	printer_new_line(printer, 0);
}

void printer_comment(struct printer *printer, const char *text)
{
	if (!text)
		return;
	buffer_append(&printer->buffer, " # ", 3);
	buffer_append_text(&printer->buffer, text);
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

int printer_finish(struct printer *printer, char **text, size_t *length)
{
	return buffer_steal(&printer->buffer, text, length);
}
