/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which API server to ask, and as whom: from kubeconfig files as kubectl reads them, or from the
 * service account of the pod that polecat runs in.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_CONFIG_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/record.h"

#define KUBE_CONFIG_MESSAGE_SIZE 400

/* Where to look. NULL: not named. */
struct kube_config_options {
	const char *kubeconfig;      /* one file; else $KUBECONFIG's, else ~/.kube/config */
	const char *context;         /* else current-context */
	const char *service_account; /* the folder; NULL: where the kubelet puts it */
};

/* A program that knows the credentials (client.authentication.k8s.io). command NULL: none. */
struct kube_exec {
	char *command;
	char *api_version;
	struct string_list arguments;
	struct string_list environment; /* "NAME=value", added to polecat's own */
	char *install_hint;
	bool provide_cluster_info;
};

/* The chosen cluster and user. Strings are NULL where not given. Credentials are in here: nothing
 * of it but source, context and host is for messages. */
struct kube_config {
	char *source;  /* the files, or "service account" */
	char *context; /* NULL: service account */
	char *host;    /* of the server, with its port if it has one */
	char *server;  /* URL without a slash at the end */
	char *tls_server_name;
	char *ca_file;
	char *ca_data; /* PEM */
	char *proxy;
	bool insecure;
	char *certificate_file;
	char *certificate_data;
	char *key_file;
	char *key_data;
	char *token;
	char *token_file; /* before token: it may change */
	char *user;
	char *password;
	struct kube_exec exec;
};

/*
 * 0; -ENOENT with an empty message: no cluster is configured anywhere. Otherwise -errno, and a
 * message that names the file, the line and what was expected there: -EINVAL for a content,
 * -ENOENT for a file that was named, or what open(2) says; -ENOMEM.
 */
int kube_config_load(const struct kube_config_options *options, struct kube_config **out,
		     char message[KUBE_CONFIG_MESSAGE_SIZE]);
void kube_config_free(struct kube_config *config);

/* Frees a secret after overwriting it. NULL is fine. */
void kube_secret_free(char *secret);

/*
 * A token out of a file: without blanks and line ends around it, and nothing in it that an HTTP
 * header must not hold. 0; -EINVAL; what open(2) and read(2) say; -ENOMEM. *out untouched on
 * failure.
 */
int kube_token_read(const char *path, char **out);
bool kube_token_is_valid(const char *token);

#endif
