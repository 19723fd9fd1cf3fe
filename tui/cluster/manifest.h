/* SPDX-License-Identifier: Apache-2.0 */
/* Prints Kubernetes objects. */
#ifndef POLECAT_TUI_CLUSTER_MANIFEST_H
#define POLECAT_TUI_CLUSTER_MANIFEST_H

#include <stdbool.h>

#include <jansson.h>

/* Prints the objects of an array on standard output, as YAML documents or as a List in JSON.
 * Returns 0 or -errno. */
int manifest_print(const json_t *objects, bool json);

#endif
