/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/why_line.h"

void why_line(struct page *page, const char *label, enum why_mark mark, const char *text)
{
	const struct glyphs *glyphs = page->context->glyphs;
	const struct {
		const char *sign;
		enum role role;
	} marks[] = {
		[WHY_GOOD] = {glyphs->check, ROLE_GOOD},
		[WHY_BAD] = {glyphs->cross, ROLE_FAILED},
		[WHY_MIXED] = {glyphs->dot, ROLE_HANGING},
		[WHY_DENIED] = {glyphs->denied, ROLE_DENIED},
	};

	page_print(page, label, marks[mark].role, "%s %s", marks[mark].sign, text);
}
