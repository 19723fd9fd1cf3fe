/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* vasprintf */
#include "core/source/kube/kube_config.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/base64.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/source/kube/kube_yaml.h"

/* The kubelet mounts the service account of a pod here. */
#define SERVICE_ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

/* OpenID Connect tokens with many groups are several kilobytes long. */
#define TOKEN_MAX (64u << 10)

void kube_secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

enum kube_config_section {
	KUBE_CONFIG_CLUSTER,
	KUBE_CONFIG_USER,
	KUBE_CONFIG_EXEC,
};

enum kube_config_form {
	KUBE_CONFIG_TEXT,
	KUBE_CONFIG_PATH, /* relative to the kubeconfig's folder */
	KUBE_CONFIG_PEM,  /* in base64 */
};

#define FIELD(section, key, member, form)                       \
	{                                                       \
		KUBE_CONFIG_##section, KUBE_CONFIG_##form, key, \
			offsetof(struct kube_config, member)    \
	}

/* The texts in a kubeconfig and the `char *` members that receive them. */
static const struct kube_config_field {
	enum kube_config_section section;
	enum kube_config_form form;
	const char *key;
	size_t offset;
} kube_config_fields[] = {
	FIELD(CLUSTER, "server", server, TEXT),
	FIELD(CLUSTER, "tls-server-name", tls_server_name, TEXT),
	FIELD(CLUSTER, "certificate-authority", ca_file, PATH),
	FIELD(CLUSTER, "certificate-authority-data", ca_data, PEM),
	FIELD(CLUSTER, "proxy-url", proxy, TEXT),
	FIELD(USER, "client-certificate", certificate_file, PATH),
	FIELD(USER, "client-certificate-data", certificate_data, PEM),
	FIELD(USER, "client-key", key_file, PATH),
	FIELD(USER, "client-key-data", key_data, PEM),
	FIELD(USER, "token", token, TEXT),
	FIELD(USER, "tokenFile", token_file, PATH),
	FIELD(USER, "username", user, TEXT),
	FIELD(USER, "password", password, TEXT),
	FIELD(EXEC, "command", exec.command, TEXT),
	FIELD(EXEC, "apiVersion", exec.api_version, TEXT),
	FIELD(EXEC, "installHint", exec.install_hint, TEXT),
	FIELD(EXEC, "interactiveMode", exec.interactive_mode, TEXT),
};

static char **kube_config_member(struct kube_config *config, size_t field)
{
	return (char **)(void *)((char *)config + kube_config_fields[field].offset);
}

void kube_config_free(struct kube_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(kube_config_fields); i++)
		kube_secret_free(*kube_config_member(config, i));
	free(config->source);
	free(config->context);
	free(config->host);
	string_list_clear(&config->exec.arguments);
	for (size_t i = 0; i < config->exec.environment.count; i++) {
		char *variable = config->exec.environment.items[i];
		explicit_bzero(variable, strlen(variable));
	}
	string_list_clear(&config->exec.environment);
	free(config);
}

static bool kube_config_lists_equal(const struct string_list *a, const struct string_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	}
	return true;
}

bool kube_config_equal(const struct kube_config *a, const struct kube_config *b)
{
	for (size_t i = 0; i < ARRAY_LENGTH(kube_config_fields); i++) {
		const char *text;
		const char *other;

		memcpy(&text, (const char *)a + kube_config_fields[i].offset, sizeof(text));
		memcpy(&other, (const char *)b + kube_config_fields[i].offset, sizeof(other));
		if (text_compare(text, other) != 0)
			return false;
	}
	return a->insecure == b->insecure &&
	       a->exec.provide_cluster_info == b->exec.provide_cluster_info &&
	       text_compare(a->context, b->context) == 0 &&
	       kube_config_lists_equal(&a->exec.arguments, &b->exec.arguments) &&
	       kube_config_lists_equal(&a->exec.environment, &b->exec.environment);
}

bool kube_token_is_valid(const char *token)
{
	if (token[0] == '\0')
		return false;
	for (; *token; token++) {
		if (*token <= ' ' || *token > '~')
			return false;
	}
	return true;
}

int kube_token_read(const char *path, char **out)
{
	static const char blanks[] = " \t\r\n";
	char *text = NULL;
	size_t length = 0;
	int error = file_read(path, TOKEN_MAX, &text, &length);

	if (error)
		return error == -EFBIG ? -EINVAL : error;
	const char *token = text + strspn(text, blanks);
	char *end = text + length;
	while (end > token && strchr(blanks, end[-1]))
		end--;
	*end = '\0';
	error = token + strlen(token) == end && kube_token_is_valid(token) ? text_copy(token, out)
									   : -EINVAL;
	explicit_bzero(text, length);
	free(text);
	return error;
}

/* --- kubeconfig --- */

/* Replaces a PEM text in base64 with the decoded text. */
static int kube_config_decode(struct kube_node node, const char *key, char **text)
{
	char *decoded = NULL;
	size_t length = 0;
	size_t position = 0;
	int error = base64_decode(*text, &decoded, &length, &position);

	if (error == -EINVAL)
		return kube_yaml_refuse(node, "%s: base64 was expected at byte %zu", key,
					position + 1);
	if (error)
		return error;
	kube_secret_free(*text);
	*text = decoded;
	if (strlen(decoded) == length && strstr(decoded, "-----BEGIN "))
		return 0;
	explicit_bzero(decoded, length);
	return kube_yaml_refuse(node, "%s: PEM in base64 was expected", key);
}

static int kube_config_read_fields(struct kube_node mapping, enum kube_config_section section,
				   struct kube_config *config)
{
	int error = 0;

	for (size_t i = 0; !error && i < ARRAY_LENGTH(kube_config_fields); i++) {
		const struct kube_config_field *field = &kube_config_fields[i];
		char **member = kube_config_member(config, i);
		if (field->section != section)
			continue;
		error = kube_yaml_text(mapping, field->key, member);
		if (error || !*member)
			continue;
		if (field->form == KUBE_CONFIG_PEM)
			error = kube_config_decode(kube_yaml_get(mapping, field->key), field->key,
						   member);
		else if (field->form == KUBE_CONFIG_PATH)
			error = kube_yaml_resolve_path(mapping.file, member);
	}
	return error;
}

/* Prints to a new text, which is NULL after an error. Returns 0 or -ENOMEM. */
static int kube_config_print(char **out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int kube_config_print(char **out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(out, format, arguments);
	va_end(arguments);
	if (length < 0)
		*out = NULL;
	return length < 0 ? -ENOMEM : 0;
}

/* Checks the URL, removes slashes at its end and copies its host name. */
static int kube_config_check_server(struct kube_node cluster, struct kube_config *config)
{
	struct kube_node node = kube_yaml_get(cluster, "server");
	char *server = config->server;

	if (!server)
		return kube_yaml_refuse(cluster, "server: a URL was expected");
	const char *host = strncmp(server, "https://", 8) == 0  ? server + 8
			   : strncmp(server, "http://", 7) == 0 ? server + 7
								: NULL;
	if (!host)
		return kube_yaml_refuse(node, "server: an https:// URL was expected");
	size_t length = strcspn(host, "/?#");
	/* Text before an @ would be credentials. Messages would show them with the host. */
	if (length == 0 || memchr(host, '@', length) || host[length] == '?' ||
	    host[length] == '#' || !kube_token_is_valid(server))
		return kube_yaml_refuse(node, "server: https://HOST[:PORT][/PATH] was expected");
	config->host = memory_checked(strndup(host, length));
	for (size_t end = strlen(server); end > 0 && server[end - 1] == '/'; end--)
		server[end - 1] = '\0';
	return config->host ? 0 : -ENOMEM;
}

static int kube_config_read_cluster(struct kube_node cluster, struct kube_config *config)
{
	static const char insecure[] = "insecure-skip-tls-verify";
	int error = kube_config_read_fields(cluster, KUBE_CONFIG_CLUSTER, config);

	if (!error)
		error = kube_config_check_server(cluster, config);
	if (!error)
		error = kube_yaml_flag(cluster, insecure, &config->insecure);
	if (!error && config->insecure && (config->ca_file || config->ca_data))
		error = kube_yaml_refuse(kube_yaml_get(cluster, insecure),
					 "%s and a certificate authority exclude each other",
					 insecure);
	return error;
}

static int kube_config_read_exec_variable(struct kube_node item, struct kube_exec *exec)
{
	CLEANUP_FREE char *name = NULL;
	char *value = NULL;
	char *pair = NULL;
	int error = kube_yaml_text(item, "name", &name);

	if (!error)
		error = kube_yaml_text(item, "value", &value);
	if (!error && (!name || strchr(name, '=')))
		error = kube_yaml_refuse(item, "env: a name and a value were expected");
	if (!error)
		error = kube_config_print(&pair, "%s=%s", name, value ? value : "");
	if (!error)
		error = string_list_add(&exec->environment, pair);
	kube_secret_free(pair);
	kube_secret_free(value);
	return error;
}

static int kube_config_read_exec_lists(struct kube_node mapping, struct kube_exec *exec)
{
	const struct yaml_node *const *items = NULL;
	size_t count = 0;
	int error = kube_yaml_list(mapping, "args", &items, &count);

	for (size_t i = 0; !error && i < count; i++)
		error = items[i]->kind == YAML_SCALAR
				? string_list_add(&exec->arguments, items[i]->text)
				: kube_yaml_refuse((struct kube_node){mapping.file, items[i]},
						   "args: a text was expected");
	if (!error)
		error = kube_yaml_list(mapping, "env", &items, &count);
	for (size_t i = 0; !error && i < count; i++)
		error = kube_config_read_exec_variable((struct kube_node){mapping.file, items[i]},
						       exec);
	return error;
}

static int kube_config_read_exec(struct kube_node mapping, struct kube_config *config)
{
	struct kube_exec *exec = &config->exec;
	int error = kube_config_read_fields(mapping, KUBE_CONFIG_EXEC, config);

	if (error)
		return error;
	if (!exec->command)
		return kube_yaml_refuse(mapping, "exec: a command was expected");
	if (text_compare(exec->api_version, "client.authentication.k8s.io/v1") != 0 &&
	    text_compare(exec->api_version, "client.authentication.k8s.io/v1beta1") != 0)
		return kube_yaml_refuse(mapping,
					"exec: apiVersion client.authentication.k8s.io/v1 or "
					"client.authentication.k8s.io/v1beta1 was expected");
	if (text_compare(exec->interactive_mode, "Always") == 0)
		return kube_yaml_refuse(mapping,
					"exec: interactiveMode Always: %s cannot be asked here",
					exec->command);
	/* A bare name is looked up in $PATH. A path is relative to the kubeconfig's folder. */
	if (strchr(exec->command, '/'))
		error = kube_yaml_resolve_path(mapping.file, &exec->command);
	if (!error)
		error = kube_yaml_flag(mapping, "provideClusterInfo", &exec->provide_cluster_info);
	return error ? error : kube_config_read_exec_lists(mapping, exec);
}

static int kube_config_read_user(struct kube_node user, struct kube_config *config)
{
	/* If these fields were ignored, polecat would act as another user. */
	static const char *const unsupported[] = {"auth-provider", "as", "as-uid", "as-groups",
						  "as-user-extra"};
	struct kube_node exec = kube_yaml_get(user, "exec");
	int error = kube_config_read_fields(user, KUBE_CONFIG_USER, config);

	if (error)
		return error;
	for (size_t i = 0; i < ARRAY_LENGTH(unsupported); i++) {
		struct kube_node node = kube_yaml_get(user, unsupported[i]);
		if (node.at)
			return kube_yaml_refuse(node, "%s is not supported%s", unsupported[i],
						i == 0 ? ": use exec" : "");
	}
	if (config->token && !kube_token_is_valid(config->token))
		return kube_yaml_refuse(kube_yaml_get(user, "token"),
					"token: letters and digits without blanks were expected");
	if ((config->certificate_file || config->certificate_data) && !config->key_file &&
	    !config->key_data)
		return kube_yaml_refuse(user, "client-key or client-key-data was expected beside "
					      "client-certificate");
	return exec.at ? kube_config_read_exec(exec, config) : 0;
}

/* Finds the cluster or user (`what`) that the context names. out->at is NULL if the context names
 * none. */
static int kube_config_find_named(const struct kube_yaml_files *files, struct kube_node context,
				  const char *what, struct kube_node *out)
{
	CLEANUP_FREE char *name = NULL;
	char list[16];
	int error = kube_yaml_text(context, what, &name);

	*out = (struct kube_node){0};
	if (error || !name)
		return error;
	snprintf(list, sizeof(list), "%ss", what);
	error = kube_yaml_find(files, list, what, name, out);
	if (!error && !out->at)
		error = kube_yaml_refuse(kube_yaml_get(context, what),
					 "%s: one of the %s was expected, not '%s'", what, list,
					 name);
	return error;
}

static int kube_config_read_context(const struct kube_yaml_files *files, struct kube_config *config)
{
	struct kube_node context;
	struct kube_node node;
	int error = kube_yaml_find(files, "contexts", "context", config->context, &context);

	if (error)
		return error;
	if (!context.at) {
		snprintf(files->message, files->message_size, "%s: no context '%s'", config->source,
			 config->context);
		return -EINVAL;
	}
	error = kube_config_find_named(files, context, "cluster", &node);
	if (!error && !node.at)
		error = kube_yaml_refuse(context, "cluster: a name was expected");
	if (!error)
		error = kube_config_read_cluster(node, config);
	if (!error)
		error = kube_config_find_named(files, context, "user", &node);
	return error || !node.at ? error : kube_config_read_user(node, config);
}

/* Chooses the context that the user named, or the first current-context in the files. */
static int kube_config_choose_context(const struct kube_yaml_files *files, const char *asked,
				      struct kube_config *config)
{
	int error = text_copy(asked, &config->context);

	for (size_t i = 0; !error && !config->context && i < files->count; i++)
		error = kube_yaml_text((struct kube_node){&files->items[i], files->items[i].root},
				       "current-context", &config->context);
	return error;
}

/* --- service account --- */

/* Returns 0, or -ENOENT with an empty message if polecat does not run in a pod. */
static int kube_config_load_service_account(const struct kube_config_options *options,
					    struct kube_config *config)
{
	const char *folder =
		options->service_account ? options->service_account : SERVICE_ACCOUNT_FOLDER;
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");

	if (!host || !host[0] || !port || !port[0])
		return -ENOENT;
	if (kube_config_print(&config->token_file, "%s/token", folder) ||
	    kube_config_print(&config->ca_file, "%s/ca.crt", folder))
		return -ENOMEM;
	if (access(config->token_file, F_OK) != 0)
		return -ENOENT;
	/* Without ca_file, the system's certificate authorities must verify the server's
	 * certificate. */
	if (access(config->ca_file, F_OK) != 0) {
		free(config->ca_file);
		config->ca_file = NULL;
	}
	bool is_ipv6 = strchr(host, ':') != NULL;
	if (text_copy("service account", &config->source) ||
	    kube_config_print(&config->server, is_ipv6 ? "https://[%s]:%s" : "https://%s:%s", host,
			      port))
		return -ENOMEM;
	return text_copy(config->server + strlen("https://"), &config->host);
}

/* --- both sources --- */

static int kube_config_load_files(const struct kube_config_options *options,
				  struct kube_yaml_files *files, struct kube_config *config,
				  bool *named)
{
	const char *list = options->kubeconfig ? options->kubeconfig : getenv("KUBECONFIG");
	const char *home = getenv("HOME");

	*named = list && list[0];
	if (*named) {
		if (text_copy(list, &config->source))
			return -ENOMEM;
		return options->kubeconfig ? kube_yaml_load(files, list, false)
					   : kube_yaml_load_list(files, list);
	}
	if (!home || !home[0])
		return 0;
	if (kube_config_print(&config->source, "%s/.kube/config", home))
		return -ENOMEM;
	return kube_yaml_load(files, config->source, true);
}

/* Returns 1 if the configuration was read, 0 if no file has a context, or -errno. */
static int kube_config_load_kubeconfig(const struct kube_config_options *options,
				       struct kube_config *config,
				       char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	struct kube_yaml_files files = {.message = message,
					.message_size = KUBE_CONFIG_MESSAGE_SIZE};
	bool named = false;
	int result = kube_config_load_files(options, &files, config, &named);

	if (!result)
		result = kube_config_choose_context(&files, options->context, config);
	if (!result && !config->context && named) {
		snprintf(message, KUBE_CONFIG_MESSAGE_SIZE,
			 files.count > 0 ? "%s: no current-context: name one with --context"
					 : "%s: no such file",
			 config->source);
		result = files.count > 0 ? -EINVAL : -ENOENT;
	}
	if (!result && config->context) {
		result = kube_config_read_context(&files, config);
		result = result < 0 ? result : 1;
	}
	kube_yaml_clear(&files);
	return result;
}

int kube_config_load(const struct kube_config_options *options, struct kube_config **out,
		     char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	struct kube_config *config = memory_checked(calloc(1, sizeof(*config)));

	message[0] = '\0';
	if (!config)
		return -ENOMEM;
	int result = kube_config_load_kubeconfig(options, config, message);
	if (result == 0) {
		free(config->source);
		config->source = NULL;
		result = kube_config_load_service_account(options, config);
	}
	if (result < 0) {
		kube_config_free(config);
		return result;
	}
	*out = config;
	return 0;
}
