/* SPDX-License-Identifier: Apache-2.0 */
/* A page of headings and labelled lines that can be scrolled: what the pages about a connection and
 * about a pod are written with. */
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

/* Where the next line goes: lines above the top are counted and not drawn. */
struct page {
	const struct canvas *canvas;
	const struct context *context;
	int top;
	int line;
};

void page_heading(struct page *page, const char *text);
void page_blank(struct page *page);

/* One labelled text, wrapped; nothing where there is nothing to say. */
void page_field(struct page *page, const char *label, enum role role, const char *text);

/* Labelled numbers; nothing where they are not known (0, of a time). */
void page_bytes(struct page *page, const char *label, bool known, uint64_t bytes);
void page_duration(struct page *page, const char *label, bool known, uint64_t ns);
void page_time(struct page *page, const char *label, uint64_t ns);

/* What the loaded policies say of an edge, with a heading of its own; nothing where there are none.
 */
void page_verdict(struct page *page, const struct edge *edge);

/* The policies that select, with where they stand: "shop/db (db.yaml:12), …"; "": none. */
void page_write_policies(const struct evaluate_result *result, char *text, size_t size);

#endif
