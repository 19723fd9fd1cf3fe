/* SPDX-License-Identifier: Apache-2.0 */
/* Gets credentials from a program, as kubectl does (client.authentication.k8s.io/v1, v1beta1). */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_EXEC_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_EXEC_H

#include <stddef.h>
#include <stdint.h>

#include "core/source/kube/kube_config.h"
#include "core/source/source.h"

/* The time limit for the program. */
#define KUBE_EXEC_TIMEOUT_MS 30000

/* Strings are NULL if the program does not print them. Zero-initialise. */
struct kube_exec_credential {
	char *token;
	char *certificate; /* PEM; `key` is its private key */
	char *key;
	uint64_t expires_ns; /* Unix time; 0: unknown */
};

void kube_exec_credential_clear(struct kube_exec_credential *credential);

/*
 * Runs the program of config->exec and reads its output. Waits for at most KUBE_EXEC_TIMEOUT_MS, or
 * until the source (may be NULL) is stopped. Returns 0; -ECANCELED; -ETIMEDOUT; -ENOENT: no such
 * program; -EINVAL: wrong output; -EIO: the program failed; or -ENOMEM. The message describes the
 * failure, without any text from the program's standard output.
 */
int kube_exec_run(const struct kube_config *config, struct source *source,
		  struct kube_exec_credential *out, char message[KUBE_CONFIG_MESSAGE_SIZE]);

/* Parses an ExecCredential. Pure. Returns 0, -EINVAL with a message, or -ENOMEM. */
int kube_exec_read(const char *text, size_t length, const char *api_version,
		   struct kube_exec_credential *out, char message[KUBE_CONFIG_MESSAGE_SIZE]);

#endif
