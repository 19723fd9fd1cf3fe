/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders (yaml_decode.h) of texts and labels that the readers of policies share. */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_DECODE_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_DECODE_H

#include "core/base/yaml_decode.h"
#include "core/record/record.h"
#include "core/record/record_names.h"

/* The meaning of null in a field. The API server takes null as the zero value of the field's type,
 * which is valid for some fields only. */
enum netpol_null {
	NETPOL_NULL_REFUSED = 0,
	NETPOL_NULL_IS_ABSENT, /* leaves the member unchanged */
	NETPOL_NULL_IS_EMPTY,  /* stores "" */
};

/* The texts that a field may have: one of `words` if that is not NULL, else those that `is_valid`
 * accepts. */
struct netpol_text {
	const char *what; /* names the field in messages */
	const char *expected;
	bool (*is_valid)(const char *text);
	const struct record_words *words;
	enum netpol_null null;
};

extern const struct netpol_text netpol_label_value_type;

/* Refuses a text: 'WHAT "TEXT": EXPECTED was expected'. Returns -EBADMSG. */
int netpol_decode_refuse(const struct yaml_decoding *decoding, const struct yaml_node *node,
			 const char *what, const char *text, const char *expected);

/* Decoders whose `type` is a struct netpol_text. netpol_read_text stores a copy of the text in a
 * `const char *`, and netpol_read_word stores the index of the word in a uint8_t. */
int netpol_read_text(const struct yaml_decoding *decoding, const struct yaml_node *node,
		     const void *type, void *member);
int netpol_read_word(const struct yaml_decoding *decoding, const struct yaml_node *node,
		     const void *type, void *member);

/* Reads a mapping of labels, and sorts the labels by key. Converts keys that are numbers or
 * booleans to texts, as kubectl does, and null values to "", as the API server does. Returns 0 or
 * -errno. */
int netpol_decode_labels(const struct yaml_decoding *decoding, const struct yaml_node *node,
			 const char *what, struct labels *labels);

/* Checks annotations as netpol_decode_labels checks labels, but accepts any text as a value. Stores
 * nothing. Returns 0 or -errno. */
int netpol_decode_annotations(const struct yaml_decoding *decoding, const struct yaml_node *node);

#endif
