/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the pods and containers of this node (names, UIDs, labels, addresses) from its container
 * runtime (containerd, CRI-O) over the Container Runtime Interface. Asks the runtime after each
 * source_kick, and every few seconds.
 */
#ifndef POLECAT_CORE_SOURCE_RUNTIME_CRI_H
#define POLECAT_CORE_SOURCE_RUNTIME_CRI_H

#include "core/source/identity_source.h"

extern const struct identity_source cri_identity_source;

#endif
