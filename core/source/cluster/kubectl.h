/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs kubectl as a child process. Authentication, proxies, credential plugins and the kubeconfig
 * are then those that the user's kubectl has. Any thread.
 */
#ifndef POLECAT_CORE_SOURCE_CLUSTER_KUBECTL_H
#define POLECAT_CORE_SOURCE_CLUSTER_KUBECTL_H

#include <jansson.h>

#include "core/base/buffer.h"
#include "core/source/child.h"

#define KUBECTL_MESSAGE_SIZE 640

/* The options that every kubectl gets. NULL: not given. */
struct kubectl {
	const char *kubeconfig;
	const char *context;
	const char *user; /* --as */
	const char *request_timeout;
};

/* The most arguments of a call, without those of struct kubectl. */
#define KUBECTL_ARGUMENTS_MAX 64

/* One call. Zero-initialise. */
struct kubectl_call {
	const char *const *arguments; /* NULL ends the array */
	const char *input;            /* standard input; NULL: empty */
	int stop_fd;                  /* ends the call when it is readable; -1: none */
	unsigned int seconds;         /* the limit of the call; 0: 120 */
};

/* Why kubectl failed, as far as its words show it. */
enum kubectl_failure {
	KUBECTL_OTHER = 0,
	KUBECTL_ABSENT,     /* there is no kubectl */
	KUBECTL_SERVER,     /* the API server does not answer */
	KUBECTL_LOGIN,      /* the credentials are refused */
	KUBECTL_SECURITY,   /* Pod Security admission refuses the pod */
	KUBECTL_FORBIDDEN,  /* RBAC */
	KUBECTL_NOT_FOUND,  /* no such object */
	KUBECTL_NO_PROGRAM, /* the image has no polecat */
};

/* The result of a failed call. */
struct kubectl_error {
	enum kubectl_failure failure;
	char message[KUBECTL_MESSAGE_SIZE]; /* kubectl's words, and the remedy */
};

/*
 * Fills `argv` (of KUBECTL_ARGUMENTS_MAX + 16 elements) with kubectl, the options of *kubectl and
 * the arguments, for child_open. `texts` holds the texts that are made for that. Returns 0, -ENOMEM
 * or -E2BIG.
 */
int kubectl_command(const struct kubectl *kubectl, const char *const *arguments,
		    struct buffer *texts, const char **argv);

/*
 * Runs kubectl and collects its standard output. Returns 0; -ECANCELED; -ENOMEM; or -EIO with
 * *error: kubectl failed. Waits until kubectl ends.
 */
int kubectl_run(const struct kubectl *kubectl, const struct kubectl_call *call,
		struct buffer *output, struct kubectl_error *error);

/* Does the same, and parses the output as JSON. The caller frees *document with json_decref. */
int kubectl_read(const struct kubectl *kubectl, const struct kubectl_call *call, json_t **document,
		 struct kubectl_error *error);

/* Returns the -errno of a failure: -EPIPE if the cluster cannot be reached, -EPERM if something is
 * missing on this side. */
int kubectl_error_number(const struct kubectl_error *error);

/* Finds the failure that kubectl's last line on standard error stands for, and adds the remedy. */
void kubectl_explain(const char *line, struct kubectl_error *error);

#endif
