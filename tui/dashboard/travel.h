/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shows the dashboard as of an earlier time: steps through the events of the connections that the
 * state holds, and plays them. While the dashboard handles keys and draws, the state is rewound to
 * that time (core/state/rewind.h). In between it is at the present, so that collecting continues.
 */
#ifndef POLECAT_TUI_DASHBOARD_TRAVEL_H
#define POLECAT_TUI_DASHBOARD_TRAVEL_H

#include "core/state/timeline.h"
#include "tui/dashboard/dashboard_state.h"

/* Goes to the event before (-1) or after (1) the time that is shown. At the present, -1 goes to the
 * last event. */
void travel_step(struct dashboard *dashboard, int direction, enum timeline_choice choice);

/* Plays from the time that is shown, or stops playing. */
void travel_play(struct dashboard *dashboard);

/* Doubles (1) or halves (-1) the speed. */
void travel_change_speed(struct dashboard *dashboard, int direction);

/* Returns to the present. Returns false if the dashboard shows the present already. */
bool travel_end(struct dashboard *dashboard);

/* Rewinds the state to the time that is shown, and restores it. Call them around everything that
 * reads the state for the screen. If memory is short, the dashboard returns to the present. */
void travel_enter(struct dashboard *dashboard);
void travel_leave(struct dashboard *dashboard);

/* Moves the time on while playing. Call it before travel_enter of a frame. */
void travel_advance(struct dashboard *dashboard);

#define TRAVEL_WHEN_SIZE 40

/* Writes the time that is shown, for messages: " as of 12:34:56.789". Writes "" at the present. */
void travel_write_when(const struct dashboard *dashboard, char text[TRAVEL_WHEN_SIZE]);

/* Draws the histogram of the events, with a mark at the time that is shown. */
void travel_draw(struct dashboard *dashboard, struct canvas *line);

void travel_clear(struct travel *travel);

#endif
