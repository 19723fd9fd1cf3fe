/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/drop_switch.h"

bool drop_switch_wants_on(struct drop_switch *state, const struct drop_switch_input *input,
			  uint64_t now_ms)
{
	if (input->pending == 0)
		state->pending_ms = 0;
	else if (state->pending_ms == 0)
		state->pending_ms = now_ms;
	bool hangs = input->pending > 0 && now_ms - state->pending_ms >= DROP_SWITCH_PATIENCE_MS;
	bool works = hangs || input->watched > 0;
	if (works)
		state->worked_ms = now_ms;
	bool held = state->worked_ms > 0 && now_ms - state->worked_ms < DROP_SWITCH_HOLD_MS;
	state->keeps_flood = held && !state->is_off;
	if (state->is_off)
		return works || now_ms - state->off_ms >= DROP_SWITCH_REST_MS;
	/* While the program had to stay attached, it may have reported a flood that has ended
	 * since. If the flood lasts, the program reports it again. */
	bool flood = input->flood && !state->flood_is_old;
	state->flood_is_old = held;
	return !flood || input->pending > 0 || held;
}

void drop_switch_set(struct drop_switch *state, bool on, uint64_t now_ms)
{
	state->is_off = !on;
	state->off_ms = now_ms;
}
