/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes label selectors, as `kubectl -l` reads them (kubernetes.io, "Labels and Selectors"):
 * requirements separated by commas, all of which must hold:
 *
 *   key=value  key==value  key!=value  key in (a,b)  key notin (a,b)  key  !key
 *
 * As there, != and notin hold for labels without the key. Pure.
 */
#ifndef POLECAT_CORE_FILTER_SELECTOR_H
#define POLECAT_CORE_FILTER_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/record.h"

struct selector;

/*
 * Reads a selector; the empty text selects everything. 0 and *out for selector_free; -ENOMEM;
 * -EINVAL, with where (1-based, in bytes) in *column and why in *message (static text). *out is
 * untouched on failure.
 */
int selector_parse(const char *text, struct selector **out, size_t *column, const char **message);

void selector_free(struct selector *selector);

bool selector_match(const struct selector *selector, const struct labels *labels);

#endif
