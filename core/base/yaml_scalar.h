/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the type of a YAML scalar by kubectl's rules.
 *
 * kubectl converts YAML to JSON with go-yaml v2, which mixes YAML 1.1 and Go's syntax of numbers.
 * The rules are in gopkg.in/yaml.v2 (resolve.go) and in Go's strconv.ParseInt with base 0. Pure.
 */
#ifndef POLECAT_CORE_BASE_YAML_SCALAR_H
#define POLECAT_CORE_BASE_YAML_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum yaml_type {
	YAML_TEXT = 1,
	YAML_INTEGER, /* also 443.0 and 4.43e2, which JSON writes as 443 */
	YAML_FLOAT,   /* also integers of more than 18 digits */
	YAML_BOOLEAN,
	YAML_NULL,
};

/* Returns the type of a plain scalar without a tag. *integer gets an integer's value, or 1 for
 * true. */
enum yaml_type yaml_scalar_type(const char *text, int64_t *integer);

#define YAML_BINARY_TAG "tag:yaml.org,2002:binary"

/* Applies a scalar's tag ("tag:yaml.org,2002:int"). *plain becomes true if the tag makes the scalar
 * a number, a boolean or null, and false if the scalar is a text. Returns false if the text does
 * not fit the tag. Does not decode the text of YAML_BINARY_TAG. */
bool yaml_scalar_apply_tag(const char *tag, const char *text, bool *plain);

#endif
