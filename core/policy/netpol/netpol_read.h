/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one NetworkPolicy. Only netpol_documents.c uses this header. Other modules call netpol_read
 * or netpol_read_all. */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_READ_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_READ_H

#include "core/base/yaml_decode.h"
#include "core/policy/netpol/netpol.h"

/* Adds the policy to the set. Returns 0, -EBADMSG or -ENOMEM. */
int netpol_read_policy(const struct netpol_source *source, struct netpol_set *set,
		       const struct yaml_decoding *decoding, const struct yaml_node *node);

#endif
