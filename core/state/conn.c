/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/conn.h"

uint64_t conn_rate(const struct conn *conn, uint64_t now_ns)
{
	bool open = conn->phase == CONN_ESTABLISHED || conn->phase == CONN_DATAGRAM;

	return open && now_ns < conn->counted_ns + CONN_RATE_VALID_NS ? conn->rate : 0;
}
