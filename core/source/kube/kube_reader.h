/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits the bodies of the API server's answers while they arrive: a list into its items, a watch
 * into its lines. The memory depends on the largest object, not on the length of the answer. Pure
 * except for memory.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_READER_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_READER_H

#include <stddef.h>

#include <jansson.h>

/* The largest object that is read. etcd's default limit is 1.5 MiB. */
#define KUBE_OBJECT_MAX (4u << 20)

/* Receives the text of one object, NUL-terminated. Returns 0, or an error that ends the reading. */
typedef int (*kube_reader_object)(void *data, const char *text, size_t length);

struct kube_reader;

enum kube_reader_form {
	KUBE_READER_LIST,  /* the JSON text of a list: on_object gets each item */
	KUBE_READER_WATCH, /* lines: on_object gets each line that is not blank */
};

/* Returns 0 or -ENOMEM. */
int kube_reader_new(enum kube_reader_form form, kube_reader_object on_object, void *data,
		    struct kube_reader **out);
void kube_reader_free(struct kube_reader *reader);

/* Reads the next bytes. Returns 0; -EBADMSG if the text is not a list of objects; -E2BIG for an
 * object above KUBE_OBJECT_MAX; -ENOMEM; or the error of on_object. Do not call it again after an
 * error. */
int kube_reader_feed(struct kube_reader *reader, const char *bytes, size_t length);

/*
 * Ends a list of `kind` (NULL: any kind that ends in "List"). *envelope is the document without its
 * items, which the caller frees with json_decref. Returns 0; -EPROTO: not JSON; -EBADMSG: the list
 * is cut or of another kind; or -ENOMEM.
 */
int kube_reader_end_list(struct kube_reader *reader, const char *kind, json_t **envelope);

#endif
