/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "core/source/kube/kube_exec.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/base64.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/json_document.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/sandbox/spawner.h"
#include "core/source/child.h"

/* Limits in bytes. */
#define OUTPUT_MAX (1u << 20)
#define CA_MAX     (4u << 20)

void kube_exec_credential_clear(struct kube_exec_credential *credential)
{
	kube_secret_free(credential->token);
	kube_secret_free(credential->certificate);
	kube_secret_free(credential->key);
	*credential = (struct kube_exec_credential){0};
}

/* --- the input of the program --- */

/* Returns the certificate authority in base64, to be freed, or NULL. */
static char *kube_exec_encode_authority(const struct kube_config *config)
{
	if (config->ca_data)
		return base64_encode(config->ca_data, strlen(config->ca_data));
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	if (!config->ca_file || file_read(config->ca_file, CA_MAX, &text, &length))
		return NULL;
	return base64_encode(text, length);
}

static json_t *kube_exec_cluster_info(const struct kube_config *config)
{
	CLEANUP_FREE char *authority = kube_exec_encode_authority(config);

	return json_pack("{s:s, s:b, s:s*, s:s*, s:s*}", "server", config->server,
			 "insecure-skip-tls-verify", config->insecure, "tls-server-name",
			 config->tls_server_name, "proxy-url", config->proxy,
			 "certificate-authority-data", authority);
}

/* Returns "KUBERNETES_EXEC_INFO={…}", to be freed, or NULL if out of memory. */
static char *kube_exec_info(const struct kube_config *config)
{
	json_t *cluster = config->exec.provide_cluster_info ? kube_exec_cluster_info(config) : NULL;
	json_t *info =
		json_pack("{s:s, s:s, s:{s:b, s:o*}}", "apiVersion", config->exec.api_version,
			  "kind", "ExecCredential", "spec", "interactive", 0, "cluster", cluster);
	CLEANUP_FREE char *text = info ? json_dumps(info, JSON_COMPACT) : NULL;
	char *variable = NULL;

	json_decref(info);
	if (!text || asprintf(&variable, "KUBERNETES_EXEC_INFO=%s", text) < 0)
		return NULL;
	return variable;
}

static int kube_exec_launch(const struct kube_exec *exec, const char *info, struct child **out)
{
	CLEANUP_FREE const char **arguments =
		memory_checked(calloc(exec->arguments.count + 2, sizeof(*arguments)));
	CLEANUP_FREE const char **variables =
		memory_checked(calloc(exec->environment.count + 2, sizeof(*variables)));

	if (!arguments || !variables)
		return -ENOMEM;
	arguments[0] = exec->command;
	for (size_t i = 0; i < exec->arguments.count; i++)
		arguments[i + 1] = exec->arguments.items[i];
	for (size_t i = 0; i < exec->environment.count; i++)
		variables[i] = exec->environment.items[i];
	variables[exec->environment.count] = info;
	return child_start_program(arguments, variables, out);
}

/* --- the output of the program --- */

/* Reads standard output to its end, at most OUTPUT_MAX bytes. */
static int kube_exec_read_output(struct child *child, int stop_fd, uint64_t deadline_ns, char *text,
				 size_t *length)
{
	struct fd_watch *errors = child_watch(child);

	for (;;) {
		struct pollfd polled[] = {
			{.fd = stop_fd, .events = POLLIN},
			{.fd = child_output(child), .events = POLLIN},
			{.fd = errors->fd, .events = POLLIN},
		};
		int ready = poll(polled, 3, clock_timeout_ms(deadline_ns, KUBE_EXEC_TIMEOUT_MS));
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready == 0)
			return -ETIMEDOUT;
		if (polled[0].revents)
			return -ECANCELED;
		if (polled[2].revents)
			errors->readable(errors);
		if (!polled[1].revents)
			continue;
		ssize_t count = read(child_output(child), text + *length, OUTPUT_MAX - *length);
		if (count < 0 && errno != EINTR)
			return -errno;
		if (count == 0)
			return 0;
		*length += count > 0 ? (size_t)count : 0;
		if (*length == OUTPUT_MAX)
			return -E2BIG;
	}
}

static const char *kube_exec_text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int kube_exec_refuse(char message[KUBE_CONFIG_MESSAGE_SIZE], const char *expected)
{
	snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s was expected", expected);
	return -EINVAL;
}

static int kube_exec_read_status(const json_t *document, const char *api_version,
				 struct kube_exec_credential *credential,
				 char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	const json_t *status = json_object_get(document, "status");
	const char *expires = kube_exec_text_of(status, "expirationTimestamp");

	if (text_compare(kube_exec_text_of(document, "kind"), "ExecCredential") != 0)
		return kube_exec_refuse(message, "kind ExecCredential");
	if (text_compare(kube_exec_text_of(document, "apiVersion"), api_version) != 0)
		return kube_exec_refuse(message, "the apiVersion that the kubeconfig names");
	if (expires && timestamp_parse(expires, strlen(expires), &credential->expires_ns))
		return kube_exec_refuse(message, "an expirationTimestamp as RFC 3339 has it");
	if (text_copy(kube_exec_text_of(status, "token"), &credential->token) ||
	    text_copy(kube_exec_text_of(status, "clientCertificateData"),
		      &credential->certificate) ||
	    text_copy(kube_exec_text_of(status, "clientKeyData"), &credential->key))
		return -ENOMEM;
	if (credential->token && !kube_token_is_valid(credential->token))
		return kube_exec_refuse(message, "a token without blanks");
	if (!credential->certificate != !credential->key)
		return kube_exec_refuse(message, "clientCertificateData beside clientKeyData");
	if (!credential->token && !credential->certificate)
		return kube_exec_refuse(message, "a token or clientCertificateData in status");
	return 0;
}

static int kube_exec_read_document(const char *text, size_t length, const char *api_version,
				   struct kube_exec_credential *out,
				   char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	struct kube_exec_credential credential = {0};
	json_t *document;
	int error = json_document_parse(text, length, 0, &document, NULL);

	if (error == -EBADMSG)
		return kube_exec_refuse(message, "an ExecCredential in JSON");
	if (error)
		return error;
	error = kube_exec_read_status(document, api_version, &credential, message);
	json_decref(document);
	if (error) {
		kube_exec_credential_clear(&credential);
		return error;
	}
	*out = credential;
	return 0;
}

int kube_exec_read(const char *text, size_t length, const char *api_version,
		   struct kube_exec_credential *out, char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	json_document_begin_secret();
	int error = kube_exec_read_document(text, length, api_version, out, message);
	json_document_end_secret();
	return error;
}

/* Reads the output and waits until the program has exited. */
static int kube_exec_communicate(const struct kube_exec *exec, struct source *source,
				 struct child *child, char *text, size_t *length,
				 char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	uint64_t deadline_ns = clock_monotonic_ns() + KUBE_EXEC_TIMEOUT_MS * NS_PER_MILLISECOND;
	int stop_fd = source ? source_stop_fd(source) : -1;
	const char *last = child_last_line(child);
	int status = 0;
	int error = kube_exec_read_output(child, stop_fd, deadline_ns, text, length);

	if (!error)
		error = child_wait(child, stop_fd, deadline_ns, &status);
	if (error == -ETIMEDOUT) {
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s did not end within %d s",
			 exec->command, KUBE_EXEC_TIMEOUT_MS / 1000);
	} else if (error) {
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s: %s", exec->command,
			 strerror(-error));
	} else if (status != 0) {
		bool exited = WIFEXITED(status);
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s %s %d%s%s", exec->command,
			 exited ? "ended with status" : "was ended by signal",
			 exited ? WEXITSTATUS(status) : WTERMSIG(status), last[0] ? ": " : "",
			 last);
		error = -EIO;
	}
	return error;
}

int kube_exec_run(const struct kube_config *config, struct source *source,
		  struct kube_exec_credential *out, char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	const struct kube_exec *exec = &config->exec;
	CLEANUP_FREE char *info = kube_exec_info(config);
	CLEANUP_FREE char *text = memory_checked(malloc(OUTPUT_MAX));
	char reason[KUBE_CONFIG_MESSAGE_SIZE];
	struct child *child = NULL;
	size_t length = 0;
	int error = info && text ? kube_exec_launch(exec, info, &child) : -ENOMEM;

	if (error) {
		/* The hint is for a program that does not exist. */
		const char *hint = error == -EOWNERDEAD ? NULL : exec->install_hint;
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s: %s%s%s", exec->command,
			 spawner_explain(error), hint ? ": " : "", hint ? hint : "");
		return error;
	}
	error = kube_exec_communicate(exec, source, child, text, &length, message);
	child_free(child);
	if (!error) {
		error = kube_exec_read(text, length, exec->api_version, out, reason);
		if (error)
			snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s: %.200s", exec->command,
				 error == -ENOMEM ? strerror(ENOMEM) : reason);
	}
	explicit_bzero(text, length);
	return error;
}
