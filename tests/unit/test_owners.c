/* SPDX-License-Identifier: Apache-2.0 */
/* The owners of pods and their selectors: look-ups, deletions, and the limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/identity/owners.h"

/* Makes a record. If `app` is NULL, it has no selector. If `owner` is NULL, it has no owner. */
static struct workload_record *make(const char *type, const char *name, const char *app,
				    const char *owner)
{
	struct workload_record *workload = calloc(1, sizeof(*workload));

	assert_non_null(workload);
	workload->namespace_name = strdup("shop");
	workload->type = strdup(type);
	workload->name = strdup(name);
	if (app)
		assert_int_equal(labels_set(&workload->selector, "app", app), 0);
	if (owner) {
		workload->owner_kind = strdup("Deployment");
		workload->owner_name = strdup(owner);
	}
	return workload;
}

static const struct workload_record *find(const struct owners *owners, const char *type,
					  const char *name)
{
	return owners_find(owners, &(struct owner_name){"shop", type, name, strlen(name)});
}

static const struct workload_record *find_owned(const struct owners *owners, const char *owner)
{
	const struct owner_name name = {"shop", "Deployment", owner, strlen(owner)};

	return owners_find_owned(owners, &name);
}

static void test_names(void **context)
{
	struct owners owners = {0};

	(void)context;
	assert_null(find(&owners, "Deployment", "web"));
	assert_int_equal(owners_apply(&owners, make("Deployment", "web", "a", NULL)), 0);
	assert_int_equal(owners_apply(&owners, make("StatefulSet", "web", "b", NULL)), 0);
	assert_string_equal(labels_get(&find(&owners, "Deployment", "web")->selector, "app"), "a");
	assert_string_equal(labels_get(&find(&owners, "StatefulSet", "web")->selector, "app"), "b");
	assert_null(find(&owners, "DaemonSet", "web"));
	assert_null(owners_find(&owners, &(struct owner_name){"other", "Deployment", "web", 3}));
	/* The latest record of a name is found. The name to look up need not end with a NUL. */
	assert_int_equal(owners_apply(&owners, make("Deployment", "web", "c", NULL)), 0);
	const struct owner_name part = {"shop", "Deployment", "web-1", 3};
	assert_string_equal(labels_get(&owners_find(&owners, &part)->selector, "app"), "c");
	assert_int_equal(owners.count, 2);
	/* A deletion that has only the name keeps the selector. */
	struct workload_record *deletion = make("Deployment", "web", NULL, NULL);
	deletion->deleted = true;
	assert_int_equal(owners_apply(&owners, deletion), 0);
	assert_true(find(&owners, "Deployment", "web")->deleted);
	assert_string_equal(labels_get(&find(&owners, "Deployment", "web")->selector, "app"), "c");
	owners_clear(&owners);
}

/* If a Deployment has several ReplicaSets, owners_find_owned returns the first by name that
 * has a selector. Deleted ReplicaSets come after all others. The order of arrival does not
 * matter. */
static void test_owned(void **context)
{
	static const size_t orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}};

	(void)context;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct owners owners = {0};
		for (size_t j = 0; j < 4; j++) {
			static const char *const names[] = {"web-1", "web-2", "web-3", "web-0"};
			size_t at = orders[i][j];
			struct workload_record *workload =
				make("ReplicaSet", names[at], at == 3 ? NULL : names[at], "web");
			workload->deleted = at == 0;
			assert_int_equal(owners_apply(&owners, workload), 0);
		}
		assert_string_equal(find_owned(&owners, "web")->name, "web-2");
		assert_null(find_owned(&owners, "we"));
		/* The ReplicaSet gets another owner. */
		assert_int_equal(owners_apply(&owners, make("ReplicaSet", "web-2", "x", "other")),
				 0);
		assert_string_equal(find_owned(&owners, "web")->name, "web-3");
		assert_string_equal(find_owned(&owners, "other")->name, "web-2");
		owners_clear(&owners);
	}
}

static void test_bound(void **context)
{
	struct owners owners = {0};
	char name[32];

	(void)context;
	for (unsigned int i = 0; i < OWNERS_MAX; i++) {
		snprintf(name, sizeof(name), "job-%u", i);
		struct workload_record *workload = make("Job", name, "a", i % 2 ? "x" : NULL);
		workload->deleted = i == 1000;
		assert_int_equal(owners_apply(&owners, workload), 0);
	}
	/* A deleted record is evicted first, then the oldest records. */
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "new-%u", i);
		assert_int_equal(owners_apply(&owners, make("Job", name, "a", "y")), 0);
		assert_int_equal(owners.count, OWNERS_MAX);
		assert_non_null(find(&owners, "Job", name));
		snprintf(name, sizeof(name), "job-%u", 1000 + i);
		assert_null(find(&owners, "Job", name));
	}
	assert_non_null(find(&owners, "Job", "job-999"));
	assert_string_equal(find_owned(&owners, "y")->name, "new-0");
	owners_clear(&owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_owned),
		cmocka_unit_test(test_bound),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
