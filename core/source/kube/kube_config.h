/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the address of the API server and the user's credentials: from kubeconfig files, as kubectl
 * does, or from the service account of the pod that polecat runs in. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_CONFIG_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/record.h"

#define KUBE_CONFIG_MESSAGE_SIZE 400

/* The user's choices. NULL: not given. */
struct kube_config_options {
	const char *kubeconfig;      /* one file; default: $KUBECONFIG, else ~/.kube/config */
	const char *context;         /* default: current-context */
	const char *service_account; /* folder of its token; default: the kubelet's mount point */
};

/* A program that prints credentials (client.authentication.k8s.io). If command is NULL, there is no
 * program. */
struct kube_exec {
	char *command;
	char *api_version;
	struct string_list arguments;
	struct string_list environment; /* "NAME=value", added to polecat's environment */
	char *install_hint;
	char *interactive_mode;
	bool provide_cluster_info;
};

/* The chosen cluster and user. Strings are NULL if not given. Messages may contain only source,
 * context and host, because the other fields may be credentials. */
struct kube_config {
	char *source;  /* paths of the kubeconfig files, or "service account" */
	char *context; /* NULL for a service account */
	char *host;    /* the server's host, with the port if there is one */
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
	char *token_file; /* takes precedence over token; its content may change */
	char *user;
	char *password;
	struct kube_exec exec;
};

/*
 * Loads the configuration. Returns 0, or -ENOENT with an empty message if no cluster is configured.
 * Otherwise returns -errno with a message that names the file, the line and the expected value:
 * -EINVAL for wrong content, -ENOENT for a missing file that the user named, an error of open(2),
 * or -ENOMEM.
 */
int kube_config_load(const struct kube_config_options *options, struct kube_config **out,
		     char message[KUBE_CONFIG_MESSAGE_SIZE]);
void kube_config_free(struct kube_config *config);

/* Returns whether two configurations lead to the same server with the same credentials. Does not
 * read the files that they name. */
bool kube_config_equal(const struct kube_config *a, const struct kube_config *b);

/* Overwrites a secret and frees it. NULL is fine. */
void kube_secret_free(char *secret);

/*
 * Reads a token from a file, without the white space around it. Returns 0; -EINVAL if it contains
 * characters that are not allowed in an HTTP header; an error of open(2) or read(2); or -ENOMEM.
 * *out is untouched on failure.
 */
int kube_token_read(const char *path, char **out);
bool kube_token_is_valid(const char *token);

#endif
