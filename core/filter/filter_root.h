/* SPDX-License-Identifier: Apache-2.0 */
/* The tree in a filter. Only the files of this folder use this header. */
#ifndef POLECAT_CORE_FILTER_FILTER_ROOT_H
#define POLECAT_CORE_FILTER_FILTER_ROOT_H

#include "core/filter/filter_node.h"

struct filter;

const struct filter_node *filter_root(const struct filter *filter);

#endif
