/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses JSON texts of other programs within a bounded memory: three bytes (`{},`) become a value
 * of some 200 bytes.
 *
 * jansson 2.14 ignores a failed allocation while it reads a string: the string loses characters,
 * and later ones may be written behind their memory. So a parse reserves the memory for that.
 */
#ifndef POLECAT_CORE_BASE_JSON_DOCUMENT_H
#define POLECAT_CORE_BASE_JSON_DOCUMENT_H

#include <stddef.h>

#include <jansson.h>

/* The largest number of values in a text. They take at most some 120 MB. A list of 5,000
 * containers has fewer. */
#define JSON_DOCUMENT_VALUES 500000u

/*
 * Parses a text. `flags` are those of json_loadb(3). Returns 0 and the value, which the caller
 * frees with json_decref. Otherwise returns -ENOMEM, or -EBADMSG with the reason in `error` (which
 * may be NULL): the text is not JSON, or it has more than JSON_DOCUMENT_VALUES values. *out is then
 * NULL. Any thread.
 */
int json_document_parse(const char *text, size_t length, size_t flags, json_t **out,
			json_error_t *error);

/*
 * Between these calls, the memory that jansson frees in this thread is overwritten, for texts with
 * secrets. Call json_document_begin_secret before the parse, and json_document_end_secret after
 * json_decref. To overwrite always would make reading other texts a fifth slower.
 */
void json_document_begin_secret(void);
void json_document_end_secret(void);

#endif
