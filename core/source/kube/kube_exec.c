/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* environ */
#include "core/source/kube/kube_exec.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "core/base/base64.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
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

/* Returns "KUBERNETES_EXEC_INFO={…}", to be freed, or NULL without memory. */
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

static bool kube_exec_is_same_variable(const char *variable, const char *other)
{
	size_t length = strcspn(variable, "=");

	return strncmp(variable, other, length + 1) == 0;
}

/* Merges polecat's environment with the kubeconfig's. The array is to be freed, not its texts. */
static const char **kube_exec_make_environment(const struct string_list *added, const char *info)
{
	size_t own = 0;
	size_t count = 0;

	while (environ[own])
		own++;
	const char **environment = calloc(own + added->count + 2, sizeof(*environment));
	if (!environment)
		return NULL;
	for (size_t i = 0; i < own; i++) {
		bool changed = kube_exec_is_same_variable(environ[i], info);
		for (size_t j = 0; j < added->count && !changed; j++)
			changed = kube_exec_is_same_variable(environ[i], added->items[j]);
		if (!changed)
			environment[count++] = environ[i];
	}
	for (size_t i = 0; i < added->count; i++)
		environment[count++] = added->items[i];
	environment[count] = info;
	return environment;
}

static int kube_exec_launch(const struct kube_exec *exec, const char *info, struct child **out)
{
	const char **arguments = calloc(exec->arguments.count + 2, sizeof(*arguments));
	const char **environment = kube_exec_make_environment(&exec->environment, info);
	int error = -ENOMEM;

	if (arguments && environment) {
		arguments[0] = exec->command;
		for (size_t i = 0; i < exec->arguments.count; i++)
			arguments[i + 1] = exec->arguments.items[i];
		error = child_start_program(arguments, environment, out);
	}
	free(arguments);
	free(environment);
	return error;
}

/* --- the output of the program --- */

/* Makes a descriptor that becomes readable at the time limit, or when the source is
 * stopped. Returns it, or -errno. The caller closes both. */
static int kube_exec_open_limit(struct source *source, int timer)
{
	struct itimerspec time = {.it_value = {.tv_sec = KUBE_EXEC_TIMEOUT_MS / 1000}};
	struct epoll_event event = {.events = EPOLLIN};
	int fd = epoll_create1(EPOLL_CLOEXEC);
	int error;

	if (fd >= 0 && timer >= 0 && timerfd_settime(timer, 0, &time, NULL) == 0 &&
	    epoll_ctl(fd, EPOLL_CTL_ADD, timer, &event) == 0 &&
	    (!source || epoll_ctl(fd, EPOLL_CTL_ADD, source_stop_fd(source), &event) == 0))
		return fd;
	error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

/* Reads standard output to its end, at most OUTPUT_MAX bytes. */
static int kube_exec_read_output(struct child *child, int limit_fd, char *text, size_t *length)
{
	struct fd_watch *errors = child_watch(child);

	*length = 0;
	for (;;) {
		struct pollfd polled[] = {
			{.fd = limit_fd, .events = POLLIN},
			{.fd = child_output(child), .events = POLLIN},
			{.fd = errors->fd, .events = POLLIN},
		};
		if (poll(polled, 3, -1) < 0 && errno != EINTR)
			return -errno;
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

static int kube_exec_copy_secret(const json_t *status, const char *key, char **out)
{
	return text_copy(json_string_value(json_object_get(status, key)), out);
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
	const char *kind = json_string_value(json_object_get(document, "kind"));
	const char *version = json_string_value(json_object_get(document, "apiVersion"));
	const json_t *status = json_object_get(document, "status");
	const char *expires = json_string_value(json_object_get(status, "expirationTimestamp"));

	if (!kind || strcmp(kind, "ExecCredential") != 0)
		return kube_exec_refuse(message, "kind ExecCredential");
	if (!version || strcmp(version, api_version) != 0)
		return kube_exec_refuse(message, "the apiVersion that the kubeconfig names");
	if (expires && timestamp_parse(expires, strlen(expires), &credential->expires_ns))
		return kube_exec_refuse(message, "an expirationTimestamp as RFC 3339 has it");
	if (kube_exec_copy_secret(status, "token", &credential->token) ||
	    kube_exec_copy_secret(status, "clientCertificateData", &credential->certificate) ||
	    kube_exec_copy_secret(status, "clientKeyData", &credential->key))
		return -ENOMEM;
	if (credential->token && !kube_token_is_valid(credential->token))
		return kube_exec_refuse(message, "a token without blanks");
	if (!credential->certificate != !credential->key)
		return kube_exec_refuse(message, "clientCertificateData beside clientKeyData");
	if (!credential->token && !credential->certificate)
		return kube_exec_refuse(message, "a token or clientCertificateData in status");
	return 0;
}

int kube_exec_read(const char *text, size_t length, const char *api_version,
		   struct kube_exec_credential *out, char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	struct kube_exec_credential credential = {0};
	json_t *document = json_loadb(text, length, 0, NULL);

	if (!document)
		return kube_exec_refuse(message, "an ExecCredential in JSON");
	int error = kube_exec_read_status(document, api_version, &credential, message);
	json_decref(document);
	if (error) {
		kube_exec_credential_clear(&credential);
		return error;
	}
	*out = credential;
	return 0;
}

/* Sets the message for a program that failed. */
static int kube_exec_explain_failure(const struct kube_exec *exec, struct child *child, int status,
				     char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	const char *last = child_last_line(child);
	bool exited = WIFEXITED(status);

	snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s %s %d%s%s", exec->command,
		 exited ? "ended with status" : "was ended by signal",
		 exited ? WEXITSTATUS(status) : WTERMSIG(status), last[0] ? ": " : "", last);
	return -EIO;
}

static int kube_exec_communicate(const struct kube_config *config, struct source *source,
				 struct child *child, char *text, size_t *length,
				 char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	CLEANUP_CLOSE int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	CLEANUP_CLOSE int limit_fd = kube_exec_open_limit(source, timer);
	int status = 0;

	if (limit_fd < 0)
		return limit_fd;
	int error = kube_exec_read_output(child, limit_fd, text, length);
	if (!error)
		error = child_wait(child, limit_fd, &status);
	if (error == -ECANCELED && !(source && source_stopping(source))) {
		error = -ETIMEDOUT;
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s did not end within %d s",
			 config->exec.command, KUBE_EXEC_TIMEOUT_MS / 1000);
	} else if (error) {
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s: %s", config->exec.command,
			 strerror(-error));
	} else if (status != 0) {
		error = kube_exec_explain_failure(&config->exec, child, status, message);
	}
	return error;
}

int kube_exec_run(const struct kube_config *config, struct source *source,
		  struct kube_exec_credential *out, char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	CLEANUP_FREE char *info = kube_exec_info(config);
	char *text = malloc(OUTPUT_MAX);
	struct child *child = NULL;
	size_t length = 0;
	int error = info && text ? kube_exec_launch(&config->exec, info, &child) : -ENOMEM;

	if (error) {
		const char *hint = config->exec.install_hint;
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s: %s%s%s", config->exec.command,
			 strerror(-error), hint ? ": " : "", hint ? hint : "");
	} else {
		error = kube_exec_communicate(config, source, child, text, &length, message);
	}
	child_free(child);
	if (!error) {
		char reason[KUBE_CONFIG_MESSAGE_SIZE];
		error = kube_exec_read(text, length, config->exec.api_version, out, reason);
		if (error)
			snprintf(message, KUBE_CONFIG_MESSAGE_SIZE, "%s: %.200s",
				 config->exec.command,
				 error == -ENOMEM ? strerror(ENOMEM) : reason);
	}
	if (text)
		explicit_bzero(text, length);
	free(text);
	return error;
}
