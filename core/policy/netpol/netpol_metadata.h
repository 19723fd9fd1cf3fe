/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata of an object, checked as the API server checks it. */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_METADATA_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_METADATA_H

#include "core/base/yaml_decode.h"

struct netpol_metadata {
	const char *name;           /* NULL: absent */
	const char *namespace_name; /* NULL: absent or empty */
};

/* Decodes into a struct netpol_metadata. */
extern const struct yaml_mapping netpol_metadata_type;

#endif
