/* SPDX-License-Identifier: Apache-2.0 */
/* The setting `filters`: a mapping of names to expressions, for @NAME in filters. */
#ifndef POLECAT_TUI_OPTIONS_SETTINGS_FILTERS_H
#define POLECAT_TUI_OPTIONS_SETTINGS_FILTERS_H

#include "core/base/yaml_decode.h"
#include "core/filter/filter_error.h"
#include "core/filter/filter_names.h"

/* The largest expression, in bytes. */
#define SETTINGS_FILTER_MAX 511

/* Decodes the mapping into names, and parses each expression. Returns 0, -ENOMEM, or -EBADMSG with
 * *error filled in. *out is empty on failure. */
int settings_filters_decode(struct yaml_error *error, const struct yaml_node *node,
			    struct filter_names *out);

/* Parses all expressions. Returns 0, -ENOMEM, or -EINVAL with *reason filled in and *wrong set to
 * the name. */
int settings_filters_check(const struct filter_names *names, const char **wrong,
			   struct filter_error *reason);

#endif
