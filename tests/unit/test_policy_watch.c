/* SPDX-License-Identifier: Apache-2.0 */
/* Notices changes of policy files: saves, links, and the mounted ConfigMaps of Kubernetes. */
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

#include "tests/support/work_folder.h"
#include "tui/policies/policy_watch.h"

static void open_watch(struct policy_watch *watch, const char *path)
{
	assert_int_equal(policy_watch_open(watch, &path, 1), 0);
	assert_false(policy_watch_changed(watch));
}

static void saves_are_noticed(void **state)
{
	static const char *const paths[] = {".", "a.yaml"};
	struct policy_watch watch;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		work_folder_put("a.yaml", "1");
		open_watch(&watch, paths[i]);
		work_folder_put("a.yaml", "2");
		assert_true(policy_watch_changed(&watch));
		assert_false(policy_watch_changed(&watch));
		work_folder_put("b.yaml.new", "2");
		assert_int_equal(rename("b.yaml.new", "a.yaml"), 0);
		assert_true(policy_watch_changed(&watch));
		work_folder_put("notes.txt", "2");
		assert_false(policy_watch_changed(&watch));
		policy_watch_close(&watch);
	}
}

/* Lays the folder out as the kubelet does, with `version` as the present one. */
static void mount_version(const char *version)
{
	char path[64];

	snprintf(path, sizeof(path), "..%s", version);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(path, sizeof(path), "..%s/deny.yaml", version);
	work_folder_put(path, version);
	snprintf(path, sizeof(path), "..%s", version);
	assert_int_equal(symlink(path, "..data_tmp"), 0);
	assert_int_equal(rename("..data_tmp", "..data"), 0);
}

static void a_configmap_changes_by_its_link(void **state)
{
	static const char *const paths[] = {".", "deny.yaml"};
	static const char *const versions[] = {"1", "2", "3"};
	struct policy_watch watch;

	(void)state;
	mount_version(versions[0]);
	assert_int_equal(symlink("..data/deny.yaml", "deny.yaml"), 0);
	for (size_t i = 0; i < 2; i++) {
		open_watch(&watch, paths[i]);
		mount_version(versions[i + 1]);
		assert_true(policy_watch_changed(&watch));
		policy_watch_close(&watch);
	}
}

/* The target of a link may be saved in its own folder. */
static void targets_of_links_are_watched(void **state)
{
	static const char *const paths[] = {"links", "links/a.yaml"};
	struct policy_watch watch;

	(void)state;
	assert_int_equal(mkdir("links", 0755), 0);
	assert_int_equal(mkdir("files", 0755), 0);
	work_folder_put("files/a.yaml", "1");
	assert_int_equal(symlink("../files/a.yaml", "links/a.yaml"), 0);
	for (size_t i = 0; i < 2; i++) {
		open_watch(&watch, paths[i]);
		work_folder_put("files/b.yaml", "2");
		assert_false(policy_watch_changed(&watch));
		work_folder_put("files/a.yaml", "2");
		assert_true(policy_watch_changed(&watch));
		policy_watch_close(&watch);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(saves_are_noticed, work_folder_enter,
						work_folder_remove),
		cmocka_unit_test_setup_teardown(a_configmap_changes_by_its_link, work_folder_enter,
						work_folder_remove),
		cmocka_unit_test_setup_teardown(targets_of_links_are_watched, work_folder_enter,
						work_folder_remove),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
