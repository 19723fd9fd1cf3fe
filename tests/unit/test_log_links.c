/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
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

#include "core/source/runtime/log_links.h"

#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static void test_names(void **state)
{
	static const struct {
		const char *file_name;
		const char *pod; /* NULL: not a link of a container */
		const char *namespace_name;
		const char *container;
	} cases[] = {
		{"mypod_default_main-" ID ".log", "mypod", "default", "main"},
		{"cart-7d9f8b6c5-x2x8p_shop_cart-" ID ".log", "cart-7d9f8b6c5-x2x8p", "shop",
		 "cart"},
		{"kube-apiserver-node-1_kube-system_kube-apiserver-" ID ".log",
		 "kube-apiserver-node-1", "kube-system", "kube-apiserver"},
		/*
		 * A pod's name may contain dots. The end of a container's name may look like an id.
		 */
		{"web.example.com-0_a_b-c-d-" ID ".log", "web.example.com-0", "a", "b-c-d"},
		{"p_n_c-" ID "-" OTHER ".log", "p", "n", "c-" ID},
		{"0_0_0-" ID ".log", "0", "0", "0"},
		{"", NULL, NULL, NULL},
		{".", NULL, NULL, NULL},
		{"..", NULL, NULL, NULL},
		{".log", NULL, NULL, NULL},
		{ID ".log", NULL, NULL, NULL},
		{"-" ID ".log", NULL, NULL, NULL},
		{"p_n_c" ID ".log", NULL, NULL, NULL},
		{"p_n_c-" ID, NULL, NULL, NULL},
		{"p_n_c-" ID ".log.1", NULL, NULL, NULL},
		{"p_n_c-" ID ".gz", NULL, NULL, NULL},
		{"p_n-" ID ".log", NULL, NULL, NULL},
		{"_n_c-" ID ".log", NULL, NULL, NULL},
		{"p__c-" ID ".log", NULL, NULL, NULL},
		{"p_n_-" ID ".log", NULL, NULL, NULL},
		{"p_n_c_d-" ID ".log", NULL, NULL, NULL},
		{"P_n_c-" ID ".log", NULL, NULL, NULL},
		{"p\x1b[2J_n_c-" ID ".log", NULL, NULL, NULL},
		{"p_n_c-0123456789abcdef.log", NULL, NULL, NULL},
		{"p_n_c-"
		 "X123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		 ".log",
		 NULL, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct container_record *container = NULL;
		int error = log_links_parse(cases[i].file_name, &container);
		if (!cases[i].pod) {
			assert_int_equal(error, -EINVAL);
			assert_null(container);
			continue;
		}
		assert_int_equal(error, 0);
		assert_string_equal(container->pod, cases[i].pod);
		assert_string_equal(container->namespace_name, cases[i].namespace_name);
		assert_string_equal(container->name, cases[i].container);
		assert_int_equal(strlen(container->id), 64);
		/* The file name does not contain these values. */
		assert_null(container->runtime);
		assert_null(container->pod_uid);
		assert_int_equal(container->labels.count, 0);
		container_record_free(container);
	}
}

/* A text longer than any file name is refused. */
static void test_long_name(void **state)
{
	char name[1024];
	struct container_record *container = NULL;

	(void)state;
	snprintf(name, sizeof(name), "%0600d_n_c-" ID ".log", 0);
	assert_int_equal(log_links_parse(name, &container), -EINVAL);
}

/* Waits for the next record, which must be a container. */
static struct container_record *next_container(struct source *source)
{
	struct record record;
	struct spsc *queue = source_queue(source);

	for (int turn = 0; turn < 500; turn++) {
		if (spsc_pop(queue, &record, 1) == 1) {
			assert_int_equal(record.kind, RECORD_CONTAINER);
			return record.container;
		}
		poll(NULL, 0, 10);
	}
	fail_msg("no record came");
	return NULL;
}

static void make_link(const char *folder, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(symlink("/nonexistent", path), 0);
}

static void remove_link(const char *folder, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

/* Emits existing links, new links, and links of a folder that was created again. */
static void test_folder(void **state)
{
	char root[] = "/tmp/polecat-links-XXXXXX";
	char folder[64];
	struct source *source = NULL;
	struct container_record *container;

	(void)state;
	assert_non_null(mkdtemp(root));
	snprintf(folder, sizeof(folder), "%s/links", root);
	assert_int_equal(mkdir(folder, 0755), 0);
	make_link(folder, "first_n_c-" ID ".log");
	make_link(folder, "something else");

	const struct identity_config config = {
		.places[IDENTITY_LOG_LINKS] = "/links",
		.host_root = root,
	};
	assert_int_equal(identity_source_start(&log_links_identity_source, &config, &source), 0);
	container = next_container(source);
	assert_string_equal(container->pod, "first");
	container_record_free(container);

	make_link(folder, "second_n_c-" OTHER ".log");
	container = next_container(source);
	assert_string_equal(container->pod, "second");
	container_record_free(container);

	remove_link(folder, "first_n_c-" ID ".log");
	remove_link(folder, "second_n_c-" OTHER ".log");
	remove_link(folder, "something else");
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(mkdir(folder, 0755), 0);
	make_link(folder, "third_n_c-" OTHER ".log");
	container = next_container(source);
	assert_string_equal(container->pod, "third");
	container_record_free(container);

	remove_link(folder, "third_n_c-" OTHER ".log");
	rmdir(folder);
	rmdir(root);
	source_free(source);
}

/* A missing folder makes the source absent, and the source can be stopped. */
static void test_absent(void **state)
{
	const struct identity_config config = {.places[IDENTITY_LOG_LINKS] = "/nonexistent/folder"};
	struct source *source = NULL;
	struct source_health health = {0};

	(void)state;
	assert_int_equal(identity_source_start(&log_links_identity_source, &config, &source), 0);
	for (int turn = 0; turn < 500 && health.state != SOURCE_ABSENT; turn++) {
		source_health(source, &health);
		poll(NULL, 0, 10);
	}
	assert_int_equal(health.state, SOURCE_ABSENT);
	source_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_absent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
