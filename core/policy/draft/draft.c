/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/draft.h"

#include <stdlib.h>

void draft_set_free(struct draft_set *set)
{
	if (!set)
		return;
	netpol_set_clear(&set->policies);
	free(set);
}
