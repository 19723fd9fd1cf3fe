/* SPDX-License-Identifier: Apache-2.0 */
/* kubeconfig files, service accounts, tokens and the output of exec plugins. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/source/kube/kube_config.h"
#include "core/source/kube/kube_exec.h"

/* "-----BEGIN X-----" and a line end, in base64. */
#define PEM_DATA "LS0tLS1CRUdJTiBYLS0tLS0K"
#define PEM_TEXT "-----BEGIN X-----\n"
#define SECRET   "hush-hush-token"

static char folder[] = "/tmp/polecat-kube-config-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int load(const char *kubeconfig, const char *context, struct kube_config **out,
		char message[KUBE_CONFIG_MESSAGE_SIZE])
{
	char path[128];
	struct kube_config_options options = {
		.kubeconfig = kubeconfig ? path : NULL,
		.context = context,
		.service_account = folder,
	};

	snprintf(path, sizeof(path), "%s/%s", folder, kubeconfig ? kubeconfig : "");
	*out = NULL;
	return kube_config_load(&options, out, message);
}

static int set_up(void **state)
{
	(void)state;
	unsetenv("KUBECONFIG");
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
	setenv("HOME", folder, 1);
	return 0;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"config", "other",        "token",
					    "ca.crt", ".kube/config", ".kube"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		remove(path);
	}
	return rmdir(folder);
}

static const char whole[] = "apiVersion: v1\n"
			    "kind: Config\n"
			    "current-context: two\n"
			    "contexts:\n"
			    "- {name: one, context: {cluster: c1, user: u1}}\n"
			    "- name: two\n"
			    "  context:\n"
			    "    cluster: c2\n"
			    "    user: u2\n"
			    "    namespace: shop\n"
			    "- {name: three, context: {cluster: c1, user: u3}}\n"
			    "- {name: four, context: {cluster: c1}}\n"
			    "clusters:\n"
			    "- name: c1\n"
			    "  cluster:\n"
			    "    server: https://192.0.2.1:6443/\n"
			    "    certificate-authority: ca.crt\n"
			    "    tls-server-name: api.example\n"
			    "    proxy-url: http://user:pw@192.0.2.9:3128\n"
			    "- name: c2\n"
			    "  cluster:\n"
			    "    server: https://[2001:db8::1]:6443/k8s/clusters/x\n"
			    "    certificate-authority-data: " PEM_DATA "\n"
			    "users:\n"
			    "- name: u1\n"
			    "  user:\n"
			    "    client-certificate: pki/me.crt\n"
			    "    client-key: /etc/me.key\n"
			    "- name: u2\n"
			    "  user:\n"
			    "    token: " SECRET "\n"
			    "    tokenFile: token\n"
			    "    username: me\n"
			    "    password: " SECRET "\n"
			    "    client-certificate-data: " PEM_DATA "\n"
			    "    client-key-data: " PEM_DATA "\n"
			    "- name: u3\n"
			    "  user:\n"
			    "    exec:\n"
			    "      apiVersion: client.authentication.k8s.io/v1beta1\n"
			    "      command: bin/helper\n"
			    "      args: [get, \"a token\"]\n"
			    "      env: [{name: A, value: b=c}, {name: E, value: ''}]\n"
			    "      provideClusterInfo: true\n"
			    "      interactiveMode: IfAvailable\n"
			    "      installHint: get it\n";

static void test_everything(void **state)
{
	char message[KUBE_CONFIG_MESSAGE_SIZE];
	char path[160];
	struct kube_config *config;

	(void)state;
	write_file("config", whole);
	assert_int_equal(load("config", NULL, &config, message), 0);
	assert_string_equal(config->context, "two");
	assert_string_equal(config->server, "https://[2001:db8::1]:6443/k8s/clusters/x");
	assert_string_equal(config->host, "[2001:db8::1]:6443");
	assert_string_equal(config->ca_data, PEM_TEXT);
	assert_null(config->ca_file);
	assert_string_equal(config->token, SECRET);
	assert_string_equal(config->user, "me");
	assert_string_equal(config->password, SECRET);
	assert_string_equal(config->certificate_data, PEM_TEXT);
	assert_string_equal(config->key_data, PEM_TEXT);
	snprintf(path, sizeof(path), "%s/token", folder);
	assert_string_equal(config->token_file, path);
	kube_config_free(config);

	assert_int_equal(load("config", "one", &config, message), 0);
	assert_string_equal(config->server, "https://192.0.2.1:6443");
	assert_string_equal(config->host, "192.0.2.1:6443");
	assert_string_equal(config->tls_server_name, "api.example");
	assert_string_equal(config->proxy, "http://user:pw@192.0.2.9:3128");
	snprintf(path, sizeof(path), "%s/ca.crt", folder);
	assert_string_equal(config->ca_file, path);
	snprintf(path, sizeof(path), "%s/pki/me.crt", folder);
	assert_string_equal(config->certificate_file, path);
	assert_string_equal(config->key_file, "/etc/me.key");
	assert_null(config->token);
	kube_config_free(config);

	assert_int_equal(load("config", "three", &config, message), 0);
	snprintf(path, sizeof(path), "%s/bin/helper", folder);
	assert_string_equal(config->exec.command, path);
	assert_int_equal(config->exec.arguments.count, 2);
	assert_string_equal(config->exec.arguments.items[1], "a token");
	assert_int_equal(config->exec.environment.count, 2);
	assert_string_equal(config->exec.environment.items[0], "A=b=c");
	assert_string_equal(config->exec.environment.items[1], "E=");
	assert_true(config->exec.provide_cluster_info);
	assert_string_equal(config->exec.install_hint, "get it");
	kube_config_free(config);

	/* A context without a user. */
	assert_int_equal(load("config", "four", &config, message), 0);
	assert_null(config->token);
	kube_config_free(config);
}

#define HEAD                   \
	"current-context: a\n" \
	"contexts: [{name: a, context: {cluster: c, user: u}}]\n"
#define CLUSTER  "clusters: [{name: c, cluster: {server: 'https://192.0.2.1'}}]\n"
#define USER(is) HEAD CLUSTER "users:\n- name: u\n  user:\n    " is "\n"

/* Each file is refused. The message has the number of the wrong line, and contains no secret. */
static void test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *message; /* after the name of the file */
	} cases[] = {
		{"a: [\n", ":2: not YAML: did not find expected node content"},
		{"\tx", ":1: not YAML: found character that cannot start any token"},
		{"- 1\n", ":1: a kubeconfig was expected"},
		{"{}", ": no current-context: name one with --context"},
		{"", ": no current-context: name one with --context"},
		{"current-context: [a]\n", ":1: current-context: a text was expected"},
		{"current-context: a\n", ": no context 'a'"},
		{"current-context: a\ncontexts: 7\n", ":2: contexts: a list was expected"},
		{"current-context: a\ncontexts:\n- name: a\n",
		 ":3: context: a mapping was expected"},
		{"current-context: a\ncontexts: [{name: a, context: {user: u}}]\n",
		 ":2: cluster: a name was expected"},
		{HEAD, ":2: cluster: one of the clusters was expected, not 'c'"},
		{HEAD CLUSTER, ":2: user: one of the users was expected, not 'u'"},
		{HEAD "clusters:\n- name: c\n  cluster: {}\n", ":5: server: a URL was expected"},
		{HEAD "clusters:\n- name: c\n  cluster: {server: 192.0.2.1}\n",
		 ":5: server: an https:// URL was expected"},
		{HEAD "clusters:\n- name: c\n  cluster: {server: 'ftp://192.0.2.1'}\n",
		 ":5: server: an https:// URL was expected"},
		{HEAD "clusters:\n- name: c\n  cluster: {server: 'https://u:" SECRET "@h'}\n",
		 ":5: server: https://HOST[:PORT][/PATH] was expected"},
		{HEAD "clusters:\n- name: c\n  cluster: {server: 'https:///x'}\n",
		 ":5: server: https://HOST[:PORT][/PATH] was expected"},
		{HEAD "clusters:\n- name: c\n  cluster:\n    server: https://h\n"
		      "    certificate-authority-data: '" PEM_DATA "!'\n",
		 ":7: certificate-authority-data: base64 was expected at byte 25"},
		{HEAD "clusters:\n- name: c\n  cluster:\n    server: https://h\n"
		      "    certificate-authority-data: Zm9v\n",
		 ":7: certificate-authority-data: PEM in base64 was expected"},
		{HEAD "clusters:\n- name: c\n  cluster:\n    server: https://h\n"
		      "    insecure-skip-tls-verify: maybe\n",
		 ":7: insecure-skip-tls-verify: true or false was expected"},
		{HEAD "clusters:\n- name: c\n  cluster:\n    server: https://h\n"
		      "    certificate-authority: x\n    insecure-skip-tls-verify: true\n",
		 ":8: insecure-skip-tls-verify and a certificate authority exclude each other"},
		{USER("token: '" SECRET " and more'"),
		 ":7: token: letters and digits without blanks were expected"},
		{USER("token: {" SECRET ": 1}"), ":7: token: a text was expected"},
		{USER("client-key-data: " SECRET),
		 ":7: client-key-data: base64 was expected at byte 5"},
		{USER("client-certificate: x"),
		 ":7: client-key or client-key-data was expected beside client-certificate"},
		{USER("auth-provider: {name: gcp}"),
		 ":7: auth-provider is not supported: use exec"},
		{USER("as: somebody"), ":7: as is not supported"},
		{USER("exec: {apiVersion: client.authentication.k8s.io/v1}"),
		 ":7: exec: a command was expected"},
		{USER("exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}"),
		 ":7: exec: apiVersion client.authentication.k8s.io/v1 or "
		 "client.authentication.k8s.io/v1beta1 was expected"},
		{USER("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, "
		      "interactiveMode: Always}"),
		 ":7: exec: interactiveMode Always: x cannot be asked here"},
		{USER("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, args: 1}"),
		 ":7: args: a list was expected"},
		{USER("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, args: "
		      "[[]]}"),
		 ":7: args: a text was expected"},
		{USER("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, env: [{}]}"),
		 ":7: env: a name and a value were expected"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char message[KUBE_CONFIG_MESSAGE_SIZE];
		char expected[KUBE_CONFIG_MESSAGE_SIZE];
		struct kube_config *config;
		write_file("config", cases[i].text);
		assert_int_equal(load("config", NULL, &config, message), -EINVAL);
		assert_null(config);
		snprintf(expected, sizeof(expected), "%s/config%s", folder, cases[i].message);
		assert_string_equal(message, expected);
		assert_null(strstr(message, SECRET));
	}
}

static void test_files(void **state)
{
	char message[KUBE_CONFIG_MESSAGE_SIZE];
	char list[256];
	struct kube_config *config;

	(void)state;
	/* Each context, user and cluster comes from the first file that contains it. */
	write_file("config", "current-context: a\nusers: [{name: u, user: {token: first}}]\n"
			     "clusters: [{name: c, cluster: {server: 'https://192.0.2.1'}}]\n");
	write_file("other", HEAD "users: [{name: u, user: {username: second}}]\n"
				 "clusters: [{name: c, cluster: {server: 'https://192.0.2.2', "
				 "tls-server-name: x}}]\n");
	snprintf(list, sizeof(list), "%s/missing::%s/config:%s/other", folder, folder, folder);
	setenv("KUBECONFIG", list, 1);
	assert_int_equal(load(NULL, NULL, &config, message), 0);
	assert_string_equal(config->server, "https://192.0.2.1");
	assert_string_equal(config->token, "first");
	assert_null(config->user);
	assert_null(config->tls_server_name);
	kube_config_free(config);
	/* --kubeconfig takes precedence over the variable, and names one file, not a list. */
	assert_int_equal(load("other", NULL, &config, message), 0);
	assert_string_equal(config->server, "https://192.0.2.2");
	kube_config_free(config);
	assert_int_equal(load("missing", NULL, &config, message), -ENOENT);
	assert_non_null(strstr(message, "/missing: No such file or directory"));
	snprintf(list, sizeof(list), "%s/missing", folder);
	setenv("KUBECONFIG", list, 1);
	assert_int_equal(load(NULL, NULL, &config, message), -ENOENT);
	assert_non_null(strstr(message, "/missing: no such file"));
	assert_int_equal(load("", NULL, &config, message), -EISDIR);
}

static void test_home_and_service_account(void **state)
{
	char message[KUBE_CONFIG_MESSAGE_SIZE];
	char path[128];
	struct kube_config *config;

	(void)state;
	/* First there is no configuration. Then the variables of a service account are set, but its
	 * token is missing. */
	assert_int_equal(load(NULL, NULL, &config, message), -ENOENT);
	assert_string_equal(message, "");
	setenv("KUBERNETES_SERVICE_HOST", "2001:db8::1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	assert_int_equal(load(NULL, NULL, &config, message), -ENOENT);
	assert_string_equal(message, "");
	write_file("token", SECRET "\n");
	write_file("ca.crt", PEM_TEXT);
	assert_int_equal(load(NULL, NULL, &config, message), 0);
	assert_string_equal(config->server, "https://[2001:db8::1]:443");
	assert_string_equal(config->host, "[2001:db8::1]:443");
	snprintf(path, sizeof(path), "%s/token", folder);
	assert_string_equal(config->token_file, path);
	assert_non_null(config->ca_file);
	kube_config_free(config);
	setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1", 1);
	assert_int_equal(load(NULL, NULL, &config, message), 0);
	assert_string_equal(config->server, "https://192.0.2.1:443");
	kube_config_free(config);
	/* A kubeconfig in the home folder takes precedence over the service account if the
	 * kubeconfig has a context. */
	snprintf(path, sizeof(path), "%s/.kube", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(".kube/config", "clusters: []\n");
	assert_int_equal(load(NULL, NULL, &config, message), 0);
	assert_string_equal(config->host, "192.0.2.1:443");
	kube_config_free(config);
	write_file(".kube/config", USER("token: x"));
	assert_int_equal(load(NULL, NULL, &config, message), 0);
	assert_string_equal(config->host, "192.0.2.1");
	kube_config_free(config);
}

static void test_tokens(void **state)
{
	static const struct {
		const char *text;
		const char *token; /* NULL: refused */
	} cases[] = {
		{"abc.def-_~+/=", "abc.def-_~+/="},
		{" \n abc \r\n\n", "abc"},
		{"", NULL},
		{"\n", NULL},
		{"a b", NULL},
		{"a\nb", NULL},
		{"a\r\nHost: x", NULL},
		{"\xc3\xa4", NULL},
	};
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/token", folder);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *token = NULL;
		write_file("token", cases[i].text);
		assert_int_equal(kube_token_read(path, &token), cases[i].token ? 0 : -EINVAL);
		if (cases[i].token)
			assert_string_equal(token, cases[i].token);
		else
			assert_null(token);
		kube_secret_free(token);
	}
	char *token = NULL;
	remove(path);
	assert_int_equal(kube_token_read(path, &token), -ENOENT);
}

#define CREDENTIAL(status)                                                                 \
	"{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\"," \
	"\"status\":" status "}"

static void test_exec_credentials(void **state)
{
	static const struct {
		const char *text;
		const char *message; /* NULL: accepted */
	} cases[] = {
		{CREDENTIAL("{\"token\":\"" SECRET "\"}"), NULL},
		{CREDENTIAL("{\"token\":\"t\",\"expirationTimestamp\":\"2026-01-01T00:00:00Z\"}"),
		 NULL},
		{CREDENTIAL("{\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\"}"), NULL},
		{CREDENTIAL("{\"clientCertificateData\":\"" SECRET "\"}"),
		 "clientCertificateData beside clientKeyData was expected"},
		{CREDENTIAL("{}"), "a token or clientCertificateData in status was expected"},
		{CREDENTIAL("{\"token\":5}"),
		 "a token or clientCertificateData in status was expected"},
		{CREDENTIAL("{\"token\":\"" SECRET "\\r\\nX: y\"}"),
		 "a token without blanks was expected"},
		{CREDENTIAL("{\"token\":\"" SECRET "\",\"expirationTimestamp\":\"soon\"}"),
		 "an expirationTimestamp as RFC 3339 has it was expected"},
		{"{\"kind\":\"ExecCredential\",\"apiVersion\":\"v1\",\"status\":{\"token\":"
		 "\"" SECRET "\"}}",
		 "the apiVersion that the kubeconfig names was expected"},
		{"{\"status\":{\"token\":\"" SECRET "\"}}", "kind ExecCredential was expected"},
		{SECRET, "an ExecCredential in JSON was expected"},
		{"", "an ExecCredential in JSON was expected"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kube_exec_credential credential = {0};
		char message[KUBE_CONFIG_MESSAGE_SIZE] = "";
		int error = kube_exec_read(cases[i].text, strlen(cases[i].text),
					   "client.authentication.k8s.io/v1", &credential, message);
		assert_int_equal(error, cases[i].message ? -EINVAL : 0);
		assert_string_equal(message, cases[i].message ? cases[i].message : "");
		assert_int_equal(!credential.token && !credential.certificate, error != 0);
		if (i == 1)
			assert_int_equal(credential.expires_ns, 1767225600000000000ull);
		kube_exec_credential_clear(&credential);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_everything, set_up),
		cmocka_unit_test_setup(test_refused, set_up),
		cmocka_unit_test_setup(test_files, set_up),
		cmocka_unit_test_setup(test_home_and_service_account, set_up),
		cmocka_unit_test_setup(test_tokens, set_up),
		cmocka_unit_test_setup(test_exec_credentials, set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kube_config", tests, make_folder, remove_folder);
}
