/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses Kubernetes label selectors like `kubectl -l` (kubernetes.io, "Labels and Selectors").
 * Requirements are separated by commas, and all of them must hold:
 *
 *   key=value  key==value  key!=value  key in (a,b)  key notin (a,b)  key  !key
 *
 * As in kubectl, != and notin hold for labels without the key. Pure.
 */
#ifndef POLECAT_CORE_FILTER_SELECTOR_H
#define POLECAT_CORE_FILTER_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/record.h"

struct selector;

/*
 * Parses a selector. The empty text selects everything. Free *out with selector_free. Returns 0,
 * -ENOMEM, or -EINVAL with the position (1-based, in bytes) in *column and the reason in *message
 * (static text). *out is untouched on failure.
 */
int selector_parse(const char *text, struct selector **out, size_t *column, const char **message);

void selector_free(struct selector *selector);

/* Returns whether the labels meet every requirement. */
bool selector_match(const struct selector *selector, const struct labels *labels);

#endif
