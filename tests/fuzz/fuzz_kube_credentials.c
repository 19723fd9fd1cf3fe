/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: a kubeconfig and the output of a credentials program are read, or refused with a
 * message. Values that go into HTTP headers have no control characters. A message about the output
 * of a program has no text of that output.
 *
 * The first byte of the input selects the kubeconfig (even) or the output (odd).
 */
#include <errno.h>

#include "core/source/kube/kube_config.h"
#include "core/source/kube/kube_exec.h"
#include "tests/fuzz/fuzz_file.h"

#define API_VERSION "client.authentication.k8s.io/v1"

static void check_cluster(const struct kube_config *config)
{
	size_t length = strlen(config->server);

	must(config->host && config->host[0] != '\0' && !strchr(config->host, '@') &&
	     config->source);
	must(length > 0 && config->server[length - 1] != '/');
	must(strncmp(config->server, "http://", 7) == 0 ||
	     strncmp(config->server, "https://", 8) == 0);
	must(kube_token_is_valid(config->server) && fuzz_is_printable(config->host));
	must(!config->insecure || (!config->ca_file && !config->ca_data));
	must(!config->token || kube_token_is_valid(config->token));
	must(!config->ca_data || strstr(config->ca_data, "-----BEGIN "));
}

static void check_exec(const struct kube_exec *exec)
{
	if (!exec->command)
		return;
	must(exec->api_version != NULL);
	for (size_t i = 0; i < exec->environment.count; i++)
		must(strchr(exec->environment.items[i], '=') != NULL);
}

static void check_config(const uint8_t *data, size_t size)
{
	struct fuzz_file file;
	char message[KUBE_CONFIG_MESSAGE_SIZE] = "unset";
	struct kube_config *config = NULL;

	fuzz_file_open(&file, data, size);
	const struct kube_config_options options = {.kubeconfig = file.path};
	int error = kube_config_load(&options, &config, message);

	if (error) {
		must(!config && error < 0 && strlen(message) < sizeof(message));
		/* The text of a file never makes its cluster "not configured". */
		must(error == -ENOMEM || message[0] != '\0');
	} else {
		check_cluster(config);
		check_exec(&config->exec);
	}
	kube_config_free(config);
	fuzz_file_close(&file);
}

static void check_credential(const uint8_t *data, size_t size)
{
	struct kube_exec_credential credential = {0};
	char message[KUBE_CONFIG_MESSAGE_SIZE] = "";
	char *text = fuzz_text(data, size);
	int error = kube_exec_read(text, size, API_VERSION, &credential, message);

	if (error) {
		static const char end[] = " was expected";
		size_t length = strlen(message);
		must(error == -EINVAL && length > sizeof(end) &&
		     strcmp(message + length - strlen(end), end) == 0);
		must(!credential.token && !credential.certificate && !credential.key);
	} else {
		must(credential.token || credential.certificate);
		must(!credential.certificate == !credential.key);
		must(!credential.token || kube_token_is_valid(credential.token));
	}
	kube_exec_credential_clear(&credential);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		check_config(data + 1, size - 1);
	else
		check_credential(data + 1, size - 1);
	return 0;
}
