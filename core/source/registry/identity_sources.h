/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of identity sources. The session starts them, doctor checks them, the options name and
 * disable them, and the header has a dot for each. To add one, write its `struct identity_source`
 * and add a value to enum identity_source_id and a row here.
 */
#ifndef POLECAT_CORE_SOURCE_REGISTRY_IDENTITY_SOURCES_H
#define POLECAT_CORE_SOURCE_REGISTRY_IDENTITY_SOURCES_H

#include "core/source/identity_source.h"

extern const struct identity_source *const identity_sources[IDENTITY_SOURCE_COUNT];

#endif
