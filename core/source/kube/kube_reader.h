/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies of the API server's answers, taken apart as they come: a list into its items, a watch
 * into its lines. Memory is bounded by the largest object, whatever the size of the answer. Pure
 * but for memory.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_READER_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_READER_H

#include <stddef.h>

#include <jansson.h>

/* The largest object that is read. etcd refuses more than 1.5 MiB unless it is told otherwise. */
#define KUBE_OBJECT_MAX (4u << 20)

/* Gets one object's text (no NUL behind it). 0, or an error that ends the reading. */
typedef int (*kube_reader_object)(void *data, const char *text, size_t length);

struct kube_reader;

/* A reader of a list's JSON text: on_object gets each item. 0 or -ENOMEM. */
int kube_reader_new_list(kube_reader_object on_object, void *data, struct kube_reader **out);
/* A reader of a watch's lines: on_object gets each line that is not blank. 0 or -ENOMEM. */
int kube_reader_new_watch(kube_reader_object on_object, void *data, struct kube_reader **out);
void kube_reader_free(struct kube_reader *reader);

/* Takes in the next bytes. 0; -EBADMSG for what is no such text; -E2BIG for an object beyond
 * KUBE_OBJECT_MAX; -ENOMEM; on_object's error. After an error it is over. */
int kube_reader_feed(struct kube_reader *reader, const char *bytes, size_t length);

/*
 * The end of a list: *envelope is the document without its items, to json_decref. 0; -EBADMSG for
 * a text that was cut or is no list; -ENOMEM.
 */
int kube_reader_end_list(struct kube_reader *reader, json_t **envelope);

#endif
