/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the facts about the present in the section "Why?". Each line says that it is about now,
 * because the connection may have failed some time ago. */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_WHY_PRESENT_H
#define POLECAT_TUI_DASHBOARD_PAGES_WHY_PRESENT_H

#include "tui/dashboard/pages/page.h"
#include "tui/session/present_facts.h"

/* Returns whether a fact is the reason why attempts get no answer now. */
bool why_present_explains(const struct present_facts *present);

/* `family`: that of the connection's addresses. Draws nothing about what is not known. */
void why_present_draw(struct page *page, uint8_t family, const struct present_facts *present);

#endif
