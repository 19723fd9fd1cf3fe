/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the place of conntrack.c in builds without libnetfilter_conntrack (make static). */
#include <errno.h>
#include <stddef.h>

#include "core/source/ebpf/conntrack.h"

struct conntrack *conntrack_open(struct helper *helper, int *error)
{
	(void)helper;
	*error = -ENOSYS;
	return NULL;
}

void conntrack_close(struct conntrack *conntrack)
{
	(void)conntrack;
}

void conntrack_expire(struct conntrack *conntrack, uint64_t now_ns)
{
	(void)conntrack;
	(void)now_ns;
}

void conntrack_complete(struct conntrack *conntrack, struct flow *flow)
{
	(void)conntrack;
	(void)flow;
}

int conntrack_find_service(struct conntrack *conntrack, const struct flow *flow,
			   struct flow_address *address, uint16_t *port)
{
	(void)conntrack;
	(void)flow;
	(void)address;
	(void)port;
	return -ENOENT;
}

bool conntrack_may_translate(struct conntrack *conntrack, const struct flow *flow)
{
	(void)conntrack;
	(void)flow;
	return false;
}
