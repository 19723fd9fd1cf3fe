/* SPDX-License-Identifier: Apache-2.0 */
/* The sizes of the panes that the user chose: moves the borders between panes, and keeps them in
 * the settings. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_SPLITS_H
#define POLECAT_TUI_DASHBOARD_SPLITS_H

#include "tui/dashboard/dashboard_state.h"

/* Reads the sizes from the settings. */
void splits_read(struct dashboard *dashboard);

/* Saves the sizes if they changed after the last call. */
void splits_save(struct dashboard *dashboard);

/* Lets the focused pane grow (1) or shrink (-1) by one line, or by two columns. */
void splits_grow(struct dashboard *dashboard, int direction);

/* Gives all panes their usual sizes. */
void splits_reset(struct dashboard *dashboard);

/* Begins a drag at a cell. Does nothing if the cell is not on a border between panes. */
void splits_press(struct dashboard *dashboard, int row, int column);

/* Ends a drag at a cell, to which the border moves. */
void splits_release(struct dashboard *dashboard, int row, int column);

#endif
