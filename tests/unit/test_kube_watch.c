/* SPDX-License-Identifier: Apache-2.0 */
/* The parsing of answers, and the next request after each of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/source/kube/kube_reader.h"
#include "core/source/kube/kube_watch.h"

/* --- the reader --- */

struct seen {
	char text[4096];
	size_t count;
};

static int see(void *data, const char *text, size_t length)
{
	struct seen *seen = data;
	size_t at = strlen(seen->text);

	assert_true(length > 0 && at + length + 2 < sizeof(seen->text));
	snprintf(seen->text + at, sizeof(seen->text) - at, "%.*s|", (int)length, text);
	seen->count++;
	return 0;
}

/* Feeds the text in parts of `part` bytes. */
static int feed(struct kube_reader *reader, const char *text, size_t part)
{
	size_t length = strlen(text);

	for (size_t at = 0; at < length; at += part) {
		int error = kube_reader_feed(reader, text + at,
					     length - at < part ? length - at : part);
		if (error)
			return error;
	}
	return 0;
}

/* The items and the envelope do not depend on the parts in which the text arrives. */
static void test_list(void **state)
{
	static const struct {
		const char *text;
		const char *items;
		const char *version; /* NULL: refused at the end */
		int error;           /* of kube_reader_end */
	} cases[] = {
		{"{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}", "",
		 "7", 0},
		{"{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":null}",
		 "", "7", 0},
		{"{\"items\":[{\"a\":1},{\"b\":[{}]}],\"metadata\":{\"resourceVersion\":\"8\"},"
		 "\"kind\":\"PodList\"}",
		 "{\"a\":1}|{\"b\":[{}]}|", "8", 0},
		{" {\n \"kind\" : \"PodList\" ,\n \"items\" : [\n  { \"a\" : \"]}\\\"\" } ,\n {}\n "
		 "]"
		 " ,\"metadata\":{\"resourceVersion\":\"9\"}}\n",
		 "{ \"a\" : \"]}\\\"\" }|{}|", "9", 0},
		/* A key "items" at a deeper level, and keys that begin with the same letters. */
		{"{\"kind\":\"PodList\",\"metadata\":{\"items\":[{}],\"resourceVersion\":\"1\"},"
		 "\"items2\":[{\"x\":1}],\"item\":[{}],\"items\":[{\"items\":[{}]}]}",
		 "{\"items\":[{}]}|", "1", 0},
		/* Only the managedFields of an item's metadata are removed. */
		{"{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":["
		 "{\"metadata\":{\"managedFields\":[{\"f\":{\"}\":[\"]\"]}},{}],\"name\":\"a\"}},"
		 "{\"metadata\":{\"name\":\"managedFields\",\"managedFields\": null}},"
		 "{\"managedFields\":[1],\"metadata\":{\"b\":{\"managedFields\":[2]}}}]}",
		 "{\"metadata\":{\"managedFields\":0,\"name\":\"a\"}}|"
		 "{\"metadata\":{\"name\":\"managedFields\",\"managedFields\":0}}|"
		 "{\"managedFields\":[1],\"metadata\":{\"b\":{\"managedFields\":[2]}}}|",
		 "1", 0},
		{"{\"kind\":\"Status\",\"items\":[]}", "", NULL, -EBADMSG},
		{"{\"kind\":\"List\",\"items\":[]}", "", NULL, -EBADMSG},
		{"{\"kind\":\"PodList\"}", "", NULL, -EBADMSG},
		{"{\"kind\":\"PodList\",\"items\":[{}", "{}|", NULL, -EBADMSG},
		{"{\"kind\":\"PodList\",\"items\":[]", "", NULL, -EBADMSG},
		{"{\"kind\":\"PodList\",\"items\":[]} x", "", NULL, -EPROTO},
		{"{\"kind\":\"PodList\",\"items\":{}}", "", NULL, -EBADMSG},
		{"<html>", "", NULL, -EPROTO},
		{"", "", NULL, -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t part = 1; part <= strlen(cases[i].text) + 1; part++) {
			struct seen seen = {0};
			struct kube_reader *reader = NULL;
			json_t *envelope = NULL;
			assert_int_equal(kube_reader_new(KUBE_READER_LIST, see, &seen, &reader), 0);
			assert_int_equal(feed(reader, cases[i].text, part), 0);
			int error = kube_reader_end_list(reader, NULL, &envelope);
			assert_string_equal(seen.text, cases[i].items);
			assert_int_equal(error, cases[i].error);
			if (!error)
				assert_string_equal(json_string_value(json_object_get(
							    json_object_get(envelope, "metadata"),
							    "resourceVersion")),
						    cases[i].version);
			json_decref(envelope);
			kube_reader_free(reader);
		}
	}
}

static void test_list_refused(void **state)
{
	static const char *const texts[] = {
		"}",
		"{\"items\":[5]}",
		"{\"items\":[\"a\"]}",
		"{\"items\":[[]x]}",
		"{\"items\":[],\"items\":[{}]}",
		"{\"items\":[{}]}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct seen seen = {0};
		struct kube_reader *reader = NULL;
		assert_int_equal(kube_reader_new(KUBE_READER_LIST, see, &seen, &reader), 0);
		assert_int_equal(feed(reader, texts[i], 100), -EBADMSG);
		kube_reader_free(reader);
	}
}

static int count_bytes(void *data, const char *text, size_t length)
{
	(void)text;
	*(size_t *)data += length;
	return 0;
}

static void test_bounds(void **state)
{
	static char block[64 << 10];
	size_t bytes = 0;

	(void)state;
	memset(block, 'x', sizeof(block));
	for (int list = 0; list <= 1; list++) {
		struct kube_reader *reader = NULL;
		int error = kube_reader_new(list ? KUBE_READER_LIST : KUBE_READER_WATCH,
					    count_bytes, &bytes, &reader);
		assert_int_equal(error, 0);
		if (list)
			assert_int_equal(feed(reader, "{\"items\":[{\"a\":\"", 100), 0);
		size_t blocks = 0;
		while (!error && blocks++ < 1000)
			error = kube_reader_feed(reader, block, sizeof(block));
		assert_int_equal(error, -E2BIG);
		assert_in_range(blocks, KUBE_OBJECT_MAX / sizeof(block),
				KUBE_OBJECT_MAX / sizeof(block) + 1);
		kube_reader_free(reader);
	}
	/* The text around the items is limited too. */
	struct kube_reader *reader = NULL;
	assert_int_equal(kube_reader_new(KUBE_READER_LIST, count_bytes, &bytes, &reader), 0);
	assert_int_equal(kube_reader_feed(reader, block, sizeof(block)), 0);
	assert_int_equal(kube_reader_feed(reader, block, sizeof(block)), -EBADMSG);
	kube_reader_free(reader);
	assert_int_equal(bytes, 0);
}

static void test_lines(void **state)
{
	static const char text[] = "{\"a\":1}\n\n \r\n{\"b\":2}\r\n{\"cut";

	(void)state;
	for (size_t part = 1; part < sizeof(text); part++) {
		struct seen seen = {0};
		struct kube_reader *reader = NULL;
		assert_int_equal(kube_reader_new(KUBE_READER_WATCH, see, &seen, &reader), 0);
		assert_int_equal(feed(reader, text, part), 0);
		assert_string_equal(seen.text, "{\"a\":1}|{\"b\":2}\r|");
		kube_reader_free(reader);
	}
}

/* --- the watch --- */

static size_t told;

static void emit_record(void *data, struct record *record)
{
	(void)data;
	told++;
	record_free(record);
}

struct bench {
	struct kube_store *store;
	struct kube_watch *watch;
	uint64_t now_ms;
	char path[512];
};

static void set_up(struct bench *bench, enum kube_kind kind, const char *node)
{
	*bench = (struct bench){.now_ms = 5000};
	told = 0;
	assert_int_equal(kube_store_new(emit_record, NULL, &bench->store), 0);
	assert_int_equal(kube_watch_new(kind, node, bench->store, &bench->watch), 0);
}

static void tear_down(struct bench *bench)
{
	kube_watch_free(bench->watch);
	kube_store_free(bench->store);
}

/* Advances the clock to the next request, begins it and checks its path up to timeoutSeconds.
 * Returns the time advanced. */
static uint64_t begin(struct bench *bench, const char *path)
{
	struct kube_watch_request request;
	uint64_t due = kube_watch_due_ms(bench->watch);
	uint64_t waited = due > bench->now_ms ? due - bench->now_ms : 0;

	bench->now_ms += waited;
	assert_int_equal(kube_watch_begin(bench->watch, bench->now_ms, &request), 0);
	snprintf(bench->path, sizeof(bench->path), "%s", request.path);
	char *seconds = strstr(bench->path, "&timeoutSeconds=");
	if (seconds) {
		unsigned long value = strtoul(seconds + 16, NULL, 10);
		assert_in_range(value, 300, 600);
		assert_true(request.timeout_ms > value * 1000);
		char *rest = strchr(seconds + 1, '&');
		memmove(seconds, rest ? rest : "", strlen(rest ? rest : "") + 1);
	}
	assert_string_equal(bench->path, path);
	free(request.path);
	return waited;
}

static int data(struct bench *bench, const char *text)
{
	kube_watch_began(bench->watch);
	return kube_watch_data(bench->watch, text, strlen(text));
}

static bool end(struct bench *bench, int error, long status, const char *message,
		unsigned int retry_after_s)
{
	struct http_response response = {.status = status, .retry_after_s = retry_after_s};

	snprintf(response.message, sizeof(response.message), "%s", message);
	return kube_watch_end(bench->watch, bench->now_ms, error, &response);
}

#define LIST(version, next, items)                                           \
	"{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"" version \
	"\",\"continue\":\"" next "\"},\"items\":[" items "]}"
#define ITEM(name) "{\"metadata\":{\"namespace\":\"n\",\"name\":\"" name "\"}}"
#define EVENT(type, name, version)                                                              \
	"{\"type\":\"" type "\",\"object\":{\"metadata\":{\"namespace\":\"n\",\"name\":\"" name \
	"\",\"resourceVersion\":\"" version "\"}}}\n"
#define FIRST_PAGE          "/api/v1/pods?limit=500"
#define WATCH_FROM(version) "/api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion=" version

/* Answers a list request with `items`, at version 10. */
static void list_all(struct bench *bench, const char *items)
{
	char text[1024];

	begin(bench, FIRST_PAGE);
	snprintf(text, sizeof(text), LIST("10", "", "%s"), items);
	assert_int_equal(data(bench, text), 0);
	assert_false(end(bench, 0, 200, "", 0));
	assert_int_equal(kube_watch_state(bench->watch), KUBE_WATCH_CURRENT);
}

static void test_pages_and_versions(void **state)
{
	struct bench bench;

	(void)state;
	set_up(&bench, KUBE_PODS, NULL);
	assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_STARTING);
	begin(&bench, FIRST_PAGE);
	assert_int_equal(data(&bench, LIST("10", "a+/=", ITEM("a"))), 0);
	end(&bench, 0, 200, "", 0);
	assert_int_equal(begin(&bench, FIRST_PAGE "&continue=a%2B%2F%3D"), 0);
	assert_int_equal(data(&bench, LIST("10", "", ITEM("b"))), 0);
	end(&bench, 0, 200, "", 0);
	assert_int_equal(begin(&bench, WATCH_FROM("10")), 0);
	assert_int_equal(data(&bench, EVENT("ADDED", "c", "11")), 0);
	assert_int_equal(data(&bench, EVENT("DELETED", "a", "12")), 0);
	assert_int_equal(data(&bench, EVENT("UNHEARD-OF", "z", "13")), 0);
	assert_int_equal(data(&bench, "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":"
				      "{\"resourceVersion\":\"20\"}}}\n{\"type\":\"ADD"),
			 0);
	assert_int_equal(told, 4);
	/* If the connection breaks, the watch continues at once and ignores the incomplete line. */
	end(&bench, -EPROTO, 200, "cut", 0);
	assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_CURRENT);
	assert_int_equal(begin(&bench, WATCH_FROM("20")), 0);
	tear_down(&bench);
}

static void test_node(void **state)
{
	struct bench bench;

	(void)state;
	set_up(&bench, KUBE_PODS, "a b");
	begin(&bench, "/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3Da%20b");
	assert_int_equal(data(&bench, LIST("10", "x", "")), 0);
	end(&bench, 0, 200, "", 0);
	begin(&bench, "/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3Da%20b&continue=x");
	assert_int_equal(data(&bench, LIST("10", "", "")), 0);
	end(&bench, 0, 200, "", 0);
	begin(&bench, WATCH_FROM("10") "&fieldSelector=spec.nodeName%3Da%20b");
	tear_down(&bench);
}

static void test_expired(void **state)
{
	struct bench bench;

	(void)state;
	set_up(&bench, KUBE_PODS, NULL);
	list_all(&bench, ITEM("a") "," ITEM("b"));
	begin(&bench, WATCH_FROM("10"));
	assert_int_equal(data(&bench, "{\"type\":\"ERROR\",\"object\":{\"code\":410}}\n"),
			 -EBADMSG);
	end(&bench, -EBADMSG, 200, "", 0);
	assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_CURRENT);
	/* The watch requests a new list without a delay. Objects that are not in the list are
	 * emitted as deleted. */
	assert_int_equal(begin(&bench, FIRST_PAGE), 0);
	told = 0;
	assert_int_equal(data(&bench, LIST("30", "", ITEM("b"))), 0);
	end(&bench, 0, 200, "", 0);
	assert_int_equal(told, 1);
	assert_int_equal(kube_store_count(bench.store, KUBE_PODS), 1);
	/* An HTTP status 410 has the same effect. Two in a row cause a delay. */
	begin(&bench, WATCH_FROM("30"));
	end(&bench, 0, 410, "", 0);
	assert_int_equal(begin(&bench, FIRST_PAGE), 0);
	end(&bench, 0, 410, "", 0);
	assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_FAILING);
	assert_true(begin(&bench, FIRST_PAGE) > 0);
	tear_down(&bench);
}

/* If the continuation of a list expires repeatedly, the list is requested in one page. */
static void test_expired_pages(void **state)
{
	struct bench bench;

	(void)state;
	set_up(&bench, KUBE_PODS, NULL);
	for (int i = 0; i < 2; i++) {
		begin(&bench, FIRST_PAGE);
		assert_int_equal(data(&bench, LIST("10", "x", ITEM("a"))), 0);
		end(&bench, 0, 200, "", 0);
		begin(&bench, FIRST_PAGE "&continue=x");
		end(&bench, 0, 410, "", 0);
	}
	begin(&bench, "/api/v1/pods");
	tear_down(&bench);
}

static void test_failures(void **state)
{
	static const struct {
		int error;
		long status;
		const char *answer;
		const char *message;
	} cases[] = {
		{0, 500, "{\"message\":\"boom\"}", "cannot list pods: HTTP status 500: boom"},
		{0, 500, "<html>", "cannot list pods: HTTP status 500"},
		{0, 302, "", "cannot list pods: HTTP status 302"},
		{-ECONNREFUSED, 0, "no route", "cannot list pods: no route"},
		{-ETIMEDOUT, 0, "", "cannot list pods: Connection timed out"},
		{-EPROTO, 200, "cut", "cannot list pods: cut"},
		{0, 200, "", "cannot list pods: the answer is not a list"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench bench;
		uint64_t wait = 0;
		set_up(&bench, KUBE_PODS, NULL);
		for (int times = 0; times < 8; times++) {
			uint64_t waited = begin(&bench, FIRST_PAGE);
			assert_true(times == 0 || (2 * waited >= wait && waited >= 100));
			wait = waited;
			assert_false(
				end(&bench, cases[i].error, cases[i].status, cases[i].answer, 0));
			assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_FAILING);
			assert_string_equal(kube_watch_message(bench.watch), cases[i].message);
		}
		assert_in_range(wait, 1000, 60000);
		list_all(&bench, "");
		assert_string_equal(kube_watch_message(bench.watch), "");
		tear_down(&bench);
	}
}

static void test_retry_after(void **state)
{
	struct bench bench;

	(void)state;
	set_up(&bench, KUBE_PODS, NULL);
	begin(&bench, FIRST_PAGE);
	end(&bench, 0, 429, "", 7);
	assert_int_equal(begin(&bench, FIRST_PAGE), 7000);
	end(&bench, 0, 503, "", 1000000);
	assert_int_equal(begin(&bench, FIRST_PAGE), 120000);
	tear_down(&bench);
}

static void test_denied(void **state)
{
	struct bench bench;

	(void)state;
	set_up(&bench, KUBE_REPLICASETS, NULL);
	begin(&bench, "/apis/apps/v1/replicasets?limit=500");
	assert_false(end(&bench, 0, 403, "{\"message\":\"forbidden\"}", 0));
	assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_DENIED);
	assert_string_equal(kube_watch_message(bench.watch),
			    "may not list replicasets at cluster scope: owners of Deployments are "
			    "guessed from names");
	/* The watch asks again, at intervals that grow to a minute, until the permission is
	 * granted. */
	for (uint64_t wait = 4000; wait < 60000; wait *= 2) {
		assert_int_equal(begin(&bench, "/apis/apps/v1/replicasets?limit=500"), wait);
		assert_false(end(&bench, 0, 403, "", 0));
	}
	assert_int_equal(begin(&bench, "/apis/apps/v1/replicasets?limit=500"), 60000);
	assert_int_equal(data(&bench, LIST("10", "", "")), 0);
	end(&bench, 0, 200, "", 0);
	assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_CURRENT);
	tear_down(&bench);
}

static void test_unauthorized(void **state)
{
	struct bench bench;

	(void)state;
	set_up(&bench, KUBE_PODS, NULL);
	list_all(&bench, "");
	begin(&bench, WATCH_FROM("10"));
	assert_true(end(&bench, 0, 401, "", 0));
	/* The watch asks at once with new credentials, then with growing delays. */
	assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_CURRENT);
	assert_int_equal(begin(&bench, WATCH_FROM("10")), 0);
	assert_true(end(&bench, 0, 401, "", 0));
	assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_FAILING);
	assert_true(begin(&bench, WATCH_FROM("10")) > 0);
	kube_watch_began(bench.watch);
	assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_CURRENT);
	tear_down(&bench);
}

/* If watches end at once, the next watches begin after growing delays. */
static void test_short_watches(void **state)
{
	struct bench bench;
	uint64_t waited = 0;

	(void)state;
	set_up(&bench, KUBE_PODS, NULL);
	list_all(&bench, "");
	begin(&bench, WATCH_FROM("10"));
	for (int i = 0; i < 6; i++) {
		end(&bench, i % 2 ? -EPROTO : 0, 200, "cut", 0);
		waited = begin(&bench, WATCH_FROM("10"));
		assert_true(waited >= 375);
	}
	assert_true(waited >= 5000);
	bench.now_ms += 400000;
	end(&bench, 0, 200, "", 0);
	assert_int_equal(begin(&bench, WATCH_FROM("10")), 0);
	tear_down(&bench);
}

/* If the server refuses a version repeatedly, all objects are listed again. */
static void test_refused_version(void **state)
{
	struct bench bench;

	(void)state;
	set_up(&bench, KUBE_PODS, NULL);
	list_all(&bench, "");
	for (int i = 0; i < 3; i++) {
		begin(&bench, WATCH_FROM("10"));
		end(&bench, 0, 504, "{\"message\":\"Too large resource version\"}", 0);
	}
	begin(&bench, FIRST_PAGE);
	tear_down(&bench);
}

static void test_unreadable_watch(void **state)
{
	static const char *const lines[] = {
		"garbage\n",
		"{}\n",
		"{\"type\":\"ADDED\"}\n",
		"{\"type\":\"ADDED\",\"object\":[]}\n",
		"{\"type\":7,\"object\":{}}\n",
		"{\"type\":\"ADDED\",\"object\":{}} {}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct bench bench;
		set_up(&bench, KUBE_PODS, NULL);
		list_all(&bench, ITEM("a"));
		begin(&bench, WATCH_FROM("10"));
		assert_int_equal(data(&bench, EVENT("ADDED", "b", "11")), 0);
		assert_int_equal(data(&bench, lines[i]), -EBADMSG);
		end(&bench, -EBADMSG, 200, "", 0);
		assert_int_equal(kube_watch_state(bench.watch), KUBE_WATCH_FAILING);
		assert_string_equal(kube_watch_message(bench.watch),
				    "cannot watch pods: a line that is not an event");
		assert_true(begin(&bench, FIRST_PAGE) > 0);
		assert_int_equal(told, 2);
		tear_down(&bench);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_refused),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_pages_and_versions),
		cmocka_unit_test(test_node),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_expired_pages),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_unauthorized),
		cmocka_unit_test(test_short_watches),
		cmocka_unit_test(test_refused_version),
		cmocka_unit_test(test_unreadable_watch),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("kube_watch", tests, NULL, NULL);
}
