/* SPDX-License-Identifier: Apache-2.0 */
/* Writes text in the language of manual pages, as man(7) describes it. */
#ifndef POLECAT_TUI_MANUAL_ROFF_H
#define POLECAT_TUI_MANUAL_ROFF_H

#include <stdio.h>

/* Begins a page. `section` is 1, 5 or 7. `summary` is the text after the name in the first line and
 * in indexes such as that of apropos. */
void roff_page(FILE *file, const char *name, int section, const char *summary);

/* Begin a section and a part of it. */
void roff_section(FILE *file, const char *title);
void roff_part(FILE *file, const char *title);

/*
 * Writes paragraphs. Characters of `text` stand for themselves. The formatter breaks lines anew,
 * except lines that begin with a space, which are printed as they are. An empty line ends a
 * paragraph.
 */
void roff_text(FILE *file, const char *text);

/* Writes a bold term, with an argument in italics unless `argument` is NULL, and its text. */
void roff_entry(FILE *file, const char *term, const char *argument, const char *text);

/* Writes characters that stand for themselves, without a line's end. */
void roff_words(FILE *file, const char *text);

#endif
