/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/share.h"

#include <stdbool.h>

void share_columns(int total, const int *needs, size_t count, int *widths)
{
	bool served[SHARE_MAX] = {false};
	size_t open = count;
	bool changed = true;

	/* Each text that takes less than its share leaves more for the others. */
	while (changed && open > 0) {
		int share = total > 0 ? total / (int)open : 0;

		changed = false;
		for (size_t i = 0; i < count; i++) {
			if (served[i] || needs[i] > share)
				continue;
			served[i] = changed = true;
			widths[i] = needs[i];
			total -= needs[i];
			open--;
		}
	}
	for (size_t i = 0; i < count && open > 0; i++) {
		if (served[i])
			continue;
		widths[i] = total > 0 ? total / (int)open : 0;
		total -= widths[i];
		open--;
	}
}
