/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The type of a YAML scalar, as kubectl sees it.
 *
 * kubectl turns YAML into JSON by go-yaml v2, which mixes YAML 1.1 and Go's own numbers. Rules:
 * gopkg.in/yaml.v2 resolve.go, strconv.ParseInt with base 0. Pure.
 */
#ifndef POLECAT_CORE_BASE_YAML_SCALAR_H
#define POLECAT_CORE_BASE_YAML_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum yaml_type {
	YAML_TEXT = 1,
	YAML_INTEGER, /* also 443.0 and 4.43e2, which JSON writes as 443 */
	YAML_FLOAT,   /* and integers beyond 18 digits */
	YAML_BOOLEAN,
	YAML_NULL,
};

/* Returns the type of a plain scalar without a tag. *integer gets an integer's value, or 1 for true. */
enum yaml_type yaml_scalar_type(const char *text, int64_t *integer);

/* Applies a scalar's tag ("tag:yaml.org,2002:int"). *plain becomes true if the type is that of the
 * text, and false if the scalar is a text. Returns false if the text does not fit the tag. */
bool yaml_scalar_apply_tag(const char *tag, const char *text, bool *plain);

#endif
