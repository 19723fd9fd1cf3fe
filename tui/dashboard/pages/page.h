/* SPDX-License-Identifier: Apache-2.0 */
/* Draws scrolling pages of headings and labelled lines, for connections and subjects. */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_PAGE_H
#define POLECAT_TUI_DASHBOARD_PAGES_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/keymap.h"
#include "tui/dashboard/view/context.h"
#include "tui/dashboard/view/links.h"

/* The columns of a labelled line: its indent, the width of the label, the start of the text. */
#define PAGE_INDENT 3
#define PAGE_LABEL  12
#define PAGE_TEXT   (PAGE_INDENT + PAGE_LABEL + 1)

#define PAGE_PART_SIZE 512

/* A page that is being drawn: its canvas, and its next line. Lines above `top` are counted, but not
 * drawn. */
struct page {
	const struct canvas *canvas;
	const struct context *context;
	int top;
	int line;
	struct thing self; /* the thing of the page, which is no link; THING_NONE: none */
	struct thing link; /* the next line is a link to it; THING_NONE: no link */
	char part[PAGE_PART_SIZE];
};

/* Begin and end the drawing of a page. page_end counts the lines. The caller may set `self` in
 * between. */
struct page page_begin(const struct context *context, const struct canvas *canvas,
		       const struct list_cursor *scroll);
void page_end(struct page *page, struct list_cursor *scroll);

/*
 * Make the next heading, field or row a link. `part` is the part of its text that is marked as a
 * link; NULL: the whole text. If the next field is not written because its text is empty, the link
 * is dropped. page_link_name is for the kinds with names, and does nothing if `name` is NULL or
 * empty. page_link_edge does nothing for NULL and for an overflow edge.
 */
void page_link(struct page *page, const struct thing *thing, const char *part);
void page_link_name(struct page *page, enum thing_kind kind, const char *namespace_name,
		    const char *name, const char *part);
void page_link_subject(struct page *page, const struct subject *subject, const char *part);
void page_link_edge(struct page *page, const struct edge *edge, const char *part);
void page_link_peer(struct page *page, const struct edge *edge);
void page_link_address(struct page *page, uint8_t family, const struct flow_address *address);

/* Begins a row of the page that the caller draws: registers the link, and counts the line. If the
 * row is outside of the screen, the canvas has no rows. */
struct canvas page_row(struct page *page);

/* Writes a heading. Leaves a line blank above it unless it is the first line. */
void page_heading(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Write a labelled text, wrapped. Write nothing if the text is NULL or empty. */
void page_field(struct page *page, const char *label, enum role role, const char *text);
void page_print(struct page *page, const char *label, enum role role, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Write a labelled number. page_bytes and page_duration write nothing if `known` is false, and
 * page_time writes nothing if `ns` is 0. page_time writes a steady time of a node as the time that
 * the node's clock showed then. */
void page_bytes(struct page *page, const char *label, bool known, uint64_t bytes);
void page_duration(struct page *page, const char *label, bool known, uint64_t ns);
void page_time(struct page *page, const char *label, uint32_t node, uint64_t ns);

/* Writes DNS names that are joined by ", ", each in a line of its own. */
void page_dns_names(struct page *page, const char *label, const char *names);

/* Writes the verdict of the loaded policies on an edge, with a heading. Writes nothing without
 * policies. */
void page_verdict(struct page *page, const struct edge *edge);

/* Writes whether the draft allows an edge. `shown` is a copy of the edge, for its counts. */
void page_draft(struct page *page, const struct edge *edge, const struct edge *shown);

/* Leaves an edge out of the draft, or brings it back. Returns false for other actions. */
bool page_act_on_edge(struct context *context, const struct edge *edge, enum action action);

/* Writes the policies that select the pod, one in a line, each with its file and line: "shop/db
 * (db.yaml:12)". Writes the text `none` if no policy selects the pod. */
void page_policies(struct page *page, const char *label, const struct evaluate_result *result,
		   const char *none);

#endif
