/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/manual/roff.h"

#include <stdbool.h>
#include <string.h>

/* Writes the characters of one line. In roff, `-` is a hyphen and `\-` the sign that options begin
 * with. A line that begins with `.` or `'` would be a request. */
static void roff_line(FILE *file, const char *text, size_t length)
{
	if (length > 0 && (text[0] == '.' || text[0] == '\''))
		fputs("\\&", file);
	for (size_t i = 0; i < length; i++) {
		switch (text[i]) {
		case '\\':
			fputs("\\e", file);
			break;
		case '-':
			fputs("\\-", file);
			break;
		case '\'':
			fputs("\\(aq", file);
			break;
		case '`':
			fputs("\\(ga", file);
			break;
		case '^':
			fputs("\\(ha", file);
			break;
		case '~':
			fputs("\\(ti", file);
			break;
		default:
			fputc(text[i], file);
		}
	}
}

void roff_words(FILE *file, const char *text)
{
	roff_line(file, text, strlen(text));
}

void roff_page(FILE *file, const char *name, int section, const char *summary)
{
	fprintf(file, ".TH ");
	for (const char *letter = name; *letter; letter++)
		fputc(*letter >= 'a' && *letter <= 'z' ? *letter - 'a' + 'A' : *letter, file);
	fprintf(file, " %d \"\" \"polecat %s\"\n", section, POLECAT_VERSION);
	roff_section(file, "NAME");
	roff_words(file, name);
	fputs(" \\- ", file);
	roff_words(file, summary);
	fputc('\n', file);
}

void roff_section(FILE *file, const char *title)
{
	fputs(".SH ", file);
	roff_words(file, title);
	fputc('\n', file);
}

void roff_part(FILE *file, const char *title)
{
	fputs(".SS ", file);
	roff_words(file, title);
	fputc('\n', file);
}

void roff_text(FILE *file, const char *text)
{
	bool literal = false;

	while (*text) {
		size_t length = strcspn(text, "\n");
		if ((*text == ' ') != literal) {
			literal = !literal;
			fputs(literal ? ".sp\n.nf\n" : ".fi\n.sp\n", file);
		}
		if (length == 0)
			fputs(".sp", file);
		roff_line(file, text, length);
		fputc('\n', file);
		text += length + (text[length] == '\n');
	}
	if (literal)
		fputs(".fi\n", file);
}

void roff_entry(FILE *file, const char *term, const char *argument, const char *text)
{
	fputs(".TP\n\\fB", file);
	roff_words(file, term);
	fputs("\\fR", file);
	if (argument) {
		fputs(" \\fI", file);
		roff_words(file, argument);
		fputs("\\fR", file);
	}
	fputc('\n', file);
	roff_text(file, text);
}
