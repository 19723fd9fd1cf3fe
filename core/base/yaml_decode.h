/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes YAML trees by tables of fields, like the API server with fieldValidation=Strict: unknown
 * and repeated fields and values of another type are errors. Pure. */
#ifndef POLECAT_CORE_BASE_YAML_DECODE_H
#define POLECAT_CORE_BASE_YAML_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/yaml.h"

/* Shared by all decoders of one tree. */
struct yaml_decoding {
	struct yaml_error *error;
	struct arena *arena; /* owns everything that decoders allocate */
};

/* Reads a node into a member of an object. `type` is the member `type` of the struct yaml_field or
 * yaml_list. Returns 0 or -errno. */
typedef int yaml_decoder(const struct yaml_decoding *decoding, const struct yaml_node *node,
			 const void *type, void *member);

/* One field that a mapping may have. Tables end with a NULL name. */
struct yaml_field {
	const char *name;
	yaml_decoder *decode; /* NULL: any value is accepted and ignored */
	size_t offset;        /* of the member in the object */
	const void *type;
};

struct yaml_mapping {
	const char *what; /* names the mapping in messages */
	const struct yaml_field *fields;
	/* Checks and completes the object after all fields are decoded. May be NULL. */
	int (*finish)(const struct yaml_decoding *decoding, const struct yaml_node *node,
		      void *object);
};

/* Decodes a mapping into the members of an object. Unknown and repeated keys are errors. null
 * counts as an empty mapping. `type` is a struct yaml_mapping. */
int yaml_decode_mapping(const struct yaml_decoding *decoding, const struct yaml_node *node,
			const void *type, void *object);

struct yaml_list {
	const char *what;     /* names the list in messages */
	yaml_decoder *decode; /* decodes an item */
	const void *type;     /* the `type` that `decode` gets */
	/* Bytes of an item. 0: the member is not an array, and `decode` gets the same member for
	 * each item. */
	size_t size;
	size_t count; /* offset of the number of items (size_t), from the pointer to the items */
};

/* Initialises a struct yaml_list for the members `items` and `count` of a struct `owner`. */
#define YAML_LIST(what, decode, type, owner, items, count)                 \
	{                                                                  \
		(what), (decode), (type), sizeof(*((owner *)NULL)->items), \
			offsetof(owner, count) - offsetof(owner, items)    \
	}

/* Decodes a list into a new array of the arena. An empty list and null give NULL. `type` is a
 * struct yaml_list. On an error the member keeps its value. */
int yaml_decode_list(const struct yaml_decoding *decoding, const struct yaml_node *node,
		     const void *type, void *member);

/* Decodes a text. Refuses plain scalars that kubectl reads as a number, a boolean or null, because
 * the API server refuses them. *text points into the node. */
int yaml_decode_text(struct yaml_error *error, const struct yaml_node *node, const char *what,
		     const char **text);

/* Returns whether kubectl reads the node as an integer (443, 0x1BB, 0o673, 443.0), and its
 * value. */
bool yaml_decode_integer(const struct yaml_node *node, int64_t *value);

/* Returns whether kubectl reads the node as true or false, in any spelling. */
bool yaml_decode_is_boolean(const struct yaml_node *node);

#endif
