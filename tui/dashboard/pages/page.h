/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of headings and labelled lines that scroll, for connections and subjects. */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_PAGE_H
#define POLECAT_TUI_DASHBOARD_PAGES_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/state/subject.h"
#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/keymap.h"
#include "tui/dashboard/view/context.h"

/* Where the texts of labelled lines begin. */
#define PAGE_INDENT 3
#define PAGE_LABEL  12
#define PAGE_TEXT   (PAGE_INDENT + PAGE_LABEL + 1)

/* The position of the next line. Lines above `top` are counted and not drawn. */
struct page {
	const struct canvas *canvas;
	const struct context *context;
	int top;
	int line;
};

void page_heading(struct page *page, const char *text);
void page_blank(struct page *page);

/* Writes a labelled text, wrapped; nothing if the text is NULL or empty. */
void page_field(struct page *page, const char *label, enum role role, const char *text);

/* Write labelled numbers; nothing if they are unknown (for a time: 0). */
void page_bytes(struct page *page, const char *label, bool known, uint64_t bytes);
void page_duration(struct page *page, const char *label, bool known, uint64_t ns);
void page_time(struct page *page, const char *label, uint64_t ns);

/* Writes the verdict of the loaded policies on an edge, with a heading. Writes nothing without
 * policies. */
void page_verdict(struct page *page, const struct edge *edge);

/* Writes the selecting policies with their places, "shop/db (db.yaml:12), …"; "": none selects. */
void page_write_policies(const struct evaluate_result *result, char *text, size_t size);

#endif
