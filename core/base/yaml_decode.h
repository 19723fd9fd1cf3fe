/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict decoding of YAML trees by tables of fields, as the API server does it with
 * fieldValidation=Strict: unknown and repeated fields and values of another type are errors. Pure.
 */
#ifndef POLECAT_CORE_BASE_YAML_DECODE_H
#define POLECAT_CORE_BASE_YAML_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/yaml.h"

/* Reads a node into `object`. Returns 0 or -errno. */
typedef int yaml_decoder(struct yaml_error *error, const struct yaml_node *node, void *object);

/* One field that a mapping may have. Tables end with a NULL name. */
struct yaml_field {
	const char *name;
	yaml_decoder *decode; /* NULL: any value is accepted and ignored */
};

/*
 * Decode a mapping, whose keys must all be in `fields` and be there once; a list, item by item; the
 * items and values go to `object`. null is an empty mapping or list. `what` names the node in
 * messages.
 */
int yaml_decode_mapping(struct yaml_error *error, const struct yaml_node *node, const char *what,
			const struct yaml_field *fields, void *object);
int yaml_decode_list(struct yaml_error *error, const struct yaml_node *node, const char *what,
		     yaml_decoder *decode, void *object);

/*
 * Decodes a text. Refuses plain scalars that YAML 1.1 readers take for a number, a boolean or null:
 * the API server would see another type or another value. *text is the node's.
 */
int yaml_decode_text(struct yaml_error *error, const struct yaml_node *node, const char *what,
		     const char **text);

/* Returns whether the node is a plain decimal integer that all YAML readers read alike, and its
 * value. */
bool yaml_decode_integer(const struct yaml_node *node, int64_t *value);

#endif
