/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/conn_sums.h"

#include <stdlib.h>

void conn_sums_free(struct conn *conn)
{
	if (!conn->sums)
		return;
	failure_counts_clear(&conn->sums->failures);
	free(conn->sums);
	conn->sums = NULL;
}
