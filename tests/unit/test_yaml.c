/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/yaml_decode.h"

/* --- trees --- */

/* Writes a tree as text: a scalar as its text, a list as [list,items], a mapping as {key:value}. */
static void write_tree(const struct yaml_node *node, struct buffer *out)
{
	size_t items = node->kind == YAML_MAPPING ? 2 * node->count : node->count;

	if (node->kind == YAML_SCALAR) {
		buffer_append(out, node->text, node->count);
		return;
	}
	buffer_append_char(out, node->kind == YAML_LIST ? '[' : '{');
	for (size_t i = 0; i < items; i++) {
		if (i > 0)
			buffer_append_char(out, node->kind == YAML_MAPPING && i % 2 ? ':' : ',');
		write_tree(node->items[i], out);
	}
	buffer_append_char(out, node->kind == YAML_LIST ? ']' : '}');
}

static void test_trees(void **state)
{
	static const struct {
		const char *text;
		const char *documents[3];
	} cases[] = {
		{"", {NULL}},
		{"# nothing\n", {NULL}},
		{"---\n", {""}},
		{"text\n", {"text"}},
		{"{a: 1, b: [x, \"y z\"]}", {"{a:1,b:[x,y z]}"}},
		{"{\"a\": {\"b\": null}, \"c\": []}", {"{a:{b:null},c:[]}"}},
		{"a:\n- b: 1\n  c: 2\n- d\n", {"{a:[{b:1,c:2},d]}"}},
		{"one\n---\n[two]\n--- {three: 3}\n", {"one", "[two]", "{three:3}"}},
		{"- &a {b: c}\n- *a\n- [*a]\n", {"[{b:c},{b:c},[{b:c}]]"}},
		{"- &a 1\n- *a\n- &a 2\n- *a\n", {"[1,1,2,2]"}},
		{"? [k]\n: v\n", {"{[k]:v}"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct yaml_reader *reader = NULL;
		struct yaml_error error;
		const struct yaml_node *root = NULL;
		size_t length = strlen(cases[i].text);
		assert_int_equal(yaml_reader_new(cases[i].text, length, &reader), 0);
		for (size_t j = 0; j < 3 && cases[i].documents[j]; j++) {
			CLEANUP_BUFFER struct buffer out = {0};
			assert_int_equal(yaml_reader_next(reader, &root, &error), 0);
			assert_non_null(root);
			write_tree(root, &out);
			assert_string_equal(out.data ? out.data : "", cases[i].documents[j]);
		}
		if (!cases[i].documents[2]) {
			assert_int_equal(yaml_reader_next(reader, &root, &error), 0);
			assert_null(root);
		}
		yaml_reader_free(reader);
	}
}

static struct yaml_reader *read_one(const char *text, size_t length, const struct yaml_node **root)
{
	struct yaml_reader *reader = NULL;
	struct yaml_error error = {0};

	assert_int_equal(yaml_reader_new(text, length, &reader), 0);
	if (yaml_reader_next(reader, root, &error))
		fail_msg("%u:%u: %s", error.line, error.column, error.message);
	return reader;
}

static void test_nodes(void **state)
{
	static const char text[] = "a: x\n\"b\": [ 'y', \"z\\0\" ]\n";
	const struct yaml_node *root = NULL;

	(void)state;
	struct yaml_reader *reader = read_one(text, sizeof(text) - 1, &root);
	assert_int_equal(root->line, 1);
	assert_int_equal(root->column, 1);
	assert_int_equal(root->height, 3);
	assert_int_equal(root->expanded, 7);
	const struct yaml_node *value = yaml_get(root, "a");
	assert_int_equal(value->line, 1);
	assert_int_equal(value->column, 4);
	assert_true(value->plain);
	assert_int_equal(value->height, 1);
	value = yaml_get(root, "b");
	assert_int_equal(value->line, 2);
	assert_int_equal(value->column, 6);
	assert_int_equal(value->items[1]->column, 13);
	assert_false(value->items[0]->plain);
	assert_true(yaml_is(value->items[0], "y"));
	/* A text that contains a NUL does not equal the text before the NUL. */
	assert_int_equal(value->items[1]->count, 2);
	assert_memory_equal(value->items[1]->text, "z\0", 3);
	assert_false(yaml_is(value->items[1], "z"));
	assert_null(yaml_get(root, "c"));
	assert_null(yaml_get(value, "a"));
	assert_null(yaml_get(NULL, "a"));
	yaml_reader_free(reader);
}

static void test_null_and_empty(void **state)
{
	static const struct {
		const char *text;
		bool null;
		bool empty;
	} cases[] = {
		{"---\n", true, true},      {"~", true, true},     {"null", true, true},
		{"NULL", true, true},       {"Null", true, true},  {"nUll", false, false},
		{"\"null\"", false, false}, {"''", false, true},   {"[]", false, true},
		{"{}", false, true},        {"[~]", false, false}, {"0", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct yaml_node *root = NULL;
		struct yaml_reader *reader = read_one(cases[i].text, strlen(cases[i].text), &root);
		assert_int_equal(yaml_is_null(root), cases[i].null);
		assert_int_equal(yaml_is_empty(root), cases[i].empty);
		yaml_reader_free(reader);
	}
}

/* --- refused documents --- */

static void expect_refusal(const char *text, size_t length, const char *expected)
{
	struct yaml_reader *reader = NULL;
	const struct yaml_node *root = NULL;
	struct yaml_error error = {0};
	char message[512];

	assert_int_equal(yaml_reader_new(text, length, &reader), 0);
	assert_int_equal(yaml_reader_next(reader, &root, &error), -EBADMSG);
	assert_null(root);
	snprintf(message, sizeof(message), "%u:%u: %s", error.line, error.column, error.message);
	if (strncmp(message, expected, strlen(expected)) != 0)
		fail_msg("\"%s\" is not \"%s\"", message, expected);
	yaml_reader_free(reader);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{"[", "2:1: not YAML: "},
		{"a: b: c\n", "1:5: not YAML: "},
		{"a: \x01\n", "1:1: not YAML: control characters are not allowed"},
		{"a: *b\n", "1:4: an alias without its anchor"},
		/* An alias may not come before its anchor. */
		{"[*a, &a x]\n", "1:2: an alias without its anchor"},
		{"a: &a\n  b: [*a]\n", "2:7: an alias inside the node that it stands for"},
		{"&list\nkind: List\nitems:\n- *list\n",
		 "4:3: an alias inside the node that it stands for"},
		{"- &a x\n- &a [*a]\n", "2:7: an alias inside the node that it stands for"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_refusal(cases[i].text, strlen(cases[i].text), cases[i].expected);
}

static void test_anchors_end_with_their_document(void **state)
{
	static const char text[] = "&a x\n---\n*a\n";
	const struct yaml_node *root = NULL;
	struct yaml_error error = {0};

	(void)state;
	struct yaml_reader *reader = read_one(text, sizeof(text) - 1, &root);
	assert_int_equal(yaml_reader_next(reader, &root, &error), -EBADMSG);
	assert_int_equal(error.line, 3);
	yaml_reader_free(reader);
}

static void append_many(struct buffer *text, const char *part, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_append_text(text, part);
}

static void test_depth(void **state)
{
	CLEANUP_BUFFER struct buffer text = {0};
	const struct yaml_node *root = NULL;

	(void)state;
	append_many(&text, "[", YAML_DEPTH_MAX);
	append_many(&text, "]", YAML_DEPTH_MAX);
	struct yaml_reader *reader = read_one(text.data, text.length, &root);
	assert_int_equal(root->height, YAML_DEPTH_MAX);
	yaml_reader_free(reader);

	/* These texts took minutes when the depth had no bound, because libyaml looks at each open
	 * level for each token. */
	buffer_clear(&text);
	append_many(&text, "[", 200000);
	expect_refusal(text.data, text.length, "1:257: nested too deeply");
	buffer_clear(&text);
	append_many(&text, "{a: ", 50000);
	expect_refusal(text.data, text.length, "1:1025: nested too deeply");
	buffer_clear(&text);
	append_many(&text, "- ", 100000);
	expect_refusal(text.data, text.length, "1:513: nested too deeply");
}

static void test_depth_by_aliases(void **state)
{
	CLEANUP_BUFFER struct buffer text = {0};

	(void)state;
	buffer_append_text(&text, "- &a0 x\n");
	for (int i = 1; i < 300; i++)
		buffer_printf(&text, "- &a%d [*a%d]\n", i, i - 1);
	expect_refusal(text.data, text.length, "256:10: nested too deeply");
}

static void test_size_by_aliases(void **state)
{
	CLEANUP_BUFFER struct buffer text = {0};
	const struct yaml_node *root = NULL;

	(void)state;
	buffer_append_text(&text, "- &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 6; i++) {
		buffer_printf(&text, "- &a%d [", i);
		for (int j = 0; j < 10; j++)
			buffer_printf(&text, "*a%d,", i - 1);
		buffer_append_text(&text, "]\n");
	}
	expect_refusal(text.data, text.length,
		       "6:3: the document is too large with its aliases expanded");

	/* A large document without aliases is accepted. */
	buffer_clear(&text);
	append_many(&text, "- x\n", YAML_ALIASED_MAX + 10);
	struct yaml_reader *reader = read_one(text.data, text.length, &root);
	assert_int_equal(root->count, YAML_ALIASED_MAX + 10);
	yaml_reader_free(reader);
}

/* Each value takes memory before the size of the whole document is known. */
static void test_number_of_values(void **state)
{
	CLEANUP_BUFFER struct buffer text = {0};
	const struct yaml_node *root = NULL;
	struct yaml_reader *reader = NULL;
	struct yaml_error error = {0};

	(void)state;
	buffer_append_text(&text, "- &a x\n- [");
	append_many(&text, "*a,", YAML_NODES_MAX + 10);
	assert_int_equal(yaml_reader_new(text.data, text.length, &reader), 0);
	assert_int_equal(yaml_reader_next(reader, &root, &error), -EBADMSG);
	assert_string_equal(error.message, "the document has too many values");
	assert_in_range(error.column, 3 * (YAML_NODES_MAX - 10), 3 * (YAML_NODES_MAX + 10));
	yaml_reader_free(reader);
}

/* --- strict decoding --- */

struct thing {
	const char *name;
	const char **items;
	size_t count;
};

static int decode_word(const struct yaml_decoding *decoding, const struct yaml_node *node,
		       const void *type, void *member)
{
	return yaml_decode_text(decoding->error, node, type, member);
}

static const struct yaml_list thing_items =
	YAML_LIST("items", decode_word, "items", struct thing, items, count);

static const struct yaml_field thing_fields[] = {
	{"name", decode_word, offsetof(struct thing, name), "name"},
	{"items", yaml_decode_list, offsetof(struct thing, items), &thing_items},
	{"status", NULL, 0, NULL},
	{NULL, NULL, 0, NULL},
};
static const struct yaml_mapping thing_type = {"a thing", thing_fields, NULL};

static void test_decode(void **state)
{
	static const struct {
		const char *text;
		const char *refusal; /* NULL: accepted, with the values below */
		const char *name;
		size_t items;
	} cases[] = {
		{"name: a\nitems: [b, c]\nstatus: {x: [1]}\n", NULL, "a", 2},
		{"null\n", NULL, NULL, 0},
		{"items: ~\n", NULL, NULL, 0},
		{"x\n", "1:1: a thing: a mapping of fields was expected", NULL, 0},
		{"items: {a: b}\n", "1:8: items: a list was expected", NULL, 0},
		{"name: a\nname: b\n", "2:1: a thing has the field \"name\" twice", NULL, 0},
		{"status: a\nstatus: b\n", "2:1: a thing has the field \"status\" twice", NULL, 0},
		{"nam\\e: b\n", "1:1: a thing has no field \"nam\\e\"", NULL, 0},
		{"[a]: b\n", "1:1: a field's name was expected in a thing", NULL, 0},
		{"\"name\\0\": b\n", "1:1: a field's name was expected in a thing", NULL, 0},
		{"name: [a]\n", "1:7: name: a text was expected", NULL, 0},
		{"name: \"a\\0\"\n", "1:7: name: a NUL byte in a text", NULL, 0},
		{"items: [a, 7]\n", "1:12: items: a text was expected; quote it: \"7\"", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct yaml_node *root = NULL;
		struct thing thing = {0};
		struct yaml_error error = {0};
		char message[512];
		struct yaml_reader *reader = read_one(cases[i].text, strlen(cases[i].text), &root);
		struct arena arena = {0};
		const struct yaml_decoding decoding = {.error = &error, .arena = &arena};
		int result = yaml_decode_mapping(&decoding, root, &thing_type, &thing);
		snprintf(message, sizeof(message), "%u:%u: %s", error.line, error.column,
			 error.message);
		if (cases[i].refusal) {
			assert_int_equal(result, -EBADMSG);
			assert_string_equal(message, cases[i].refusal);
		} else {
			assert_int_equal(result, 0);
			assert_int_equal(thing.count, cases[i].items);
			for (size_t k = 0; k < thing.count; k++)
				assert_string_equal(thing.items[k], k == 0 ? "b" : "c");
			if (cases[i].name)
				assert_string_equal(thing.name, cases[i].name);
		}
		arena_free(&arena);
		yaml_reader_free(reader);
	}
}

static void test_decode_text(void **state)
{
	/* kubectl reads these as text only if they are quoted. */
	static const char *const others[] = {
		"1",  "-1",    "+1",    "0x1f", "0o17",  "017",  "0b11", "1.5",  ".5", "1e3",
		"1.", "1_000", "1_0e3", ".inf", "-.INF", ".nan", "yes",  "No",   "y",  "off",
		"1_", "TRUE",  "false", "~",    "null",  "08",   "+.5",  "-0b1",
	};
	static const char *const texts[] = {
		"a",  "1.2.3", "192.0.2.1", "1a",    "0xzz", "yess",       "nulls",
		"e3", "::1",   "a1",        "12:30", "yEs",  "0x",         "2020-01-01",
		".",  "1e",    "1e+x",      "nUll",  "+",    "12:30:07.5",
	};
	const struct yaml_node *root = NULL;
	struct yaml_error error;
	char quoted[32];
	const char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct yaml_reader *reader = read_one(others[i], strlen(others[i]), &root);
		if (yaml_decode_text(&error, root, "x", &text) != -EBADMSG)
			fail_msg("%s was taken for a text", others[i]);
		yaml_reader_free(reader);
		snprintf(quoted, sizeof(quoted), "'%s'", others[i]);
		reader = read_one(quoted, strlen(quoted), &root);
		assert_int_equal(yaml_decode_text(&error, root, "x", &text), 0);
		assert_string_equal(text, others[i]);
		yaml_reader_free(reader);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct yaml_reader *reader = read_one(texts[i], strlen(texts[i]), &root);
		if (yaml_decode_text(&error, root, "x", &text) != 0)
			fail_msg("%s: %s", texts[i], error.message);
		assert_string_equal(text, texts[i]);
		yaml_reader_free(reader);
	}
}

static void test_decode_integer(void **state)
{
	static const struct {
		const char *text;
		bool integer;
		int64_t value;
	} cases[] = {
		{"0", true, 0},
		{"-5", true, -5},
		{"65535", true, 65535},
		{"007", true, 7},
		{"0o17", true, 15},
		{"0x1F", true, 31},
		{"0b101", true, 5},
		{"08", true, 8},
		{"443.0", true, 443},
		{"4.43e2", true, 443},
		{"1_000", true, 1000},
		{"!!int '443'", true, 443},
		{"!!float 443", true, 443},
		{"443.5", false, 0},
		{"!!str 443", false, 0},
		{"! 443", false, 0},
		{"!mine 443", false, 0},
		{"\"-\"", false, 0},
		{"5x", false, 0},
		{"'5'", false, 0},
		{"[5]", false, 0},
		{"+5", true, 5},
		{"---", false, 0},
		{"999999999999999999", true, 999999999999999999},
		{"9999999999999999999", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct yaml_node *root = NULL;
		int64_t value = 99;
		struct yaml_reader *reader = read_one(cases[i].text, strlen(cases[i].text), &root);
		assert_int_equal(yaml_decode_integer(root, &value), cases[i].integer);
		assert_int_equal(value, cases[i].integer ? cases[i].value : 99);
		yaml_reader_free(reader);
	}
}

/* Formats a tree as text, such as "{a:b,c:[d,e]}". */
static void format_tree(const struct yaml_node *node, struct buffer *text)
{
	bool mapping = node->kind == YAML_MAPPING;

	if (node->kind == YAML_SCALAR) {
		buffer_append_text(text, node->text);
		return;
	}
	buffer_append_text(text, mapping ? "{" : "[");
	for (size_t i = 0; i < (mapping ? 2 * node->count : node->count); i++) {
		if (i > 0)
			buffer_append_text(text, mapping && i % 2 == 1 ? ":" : ",");
		format_tree(node->items[i], text);
	}
	buffer_append_text(text, mapping ? "}" : "]");
}

/* Several documents, merge keys and byte order marks. `trees` is the result of kubectl 1.20. */
static void test_kubectl(void **state)
{
	static const struct {
		const char *text;
		const char *trees;
	} cases[] = {
		{"{\"a\":1}{\"b\":[2]}\n{\"c\":\"}{\"}", "{a:1} {b:[2]} {c:}{} "},
		{"{\"a\":1}\n---\nb: 2\n---\nc: 3\n", "{a:1} {b:2} {c:3} "},
		{"{\"a\":1}\n\nb: 2\n", "{a:1} {b:2} "},
		{"\xef\xbb\xbf{\"a\":1} {\"b\":2}", "{a:1} {b:2} "},
		{"\xef\xbb\xbf---\na: 1\n", "{a:1} "},
		{"{\"a\":\"\\ud83d\\ude00 \\u00e9\"}", "{a:\xf0\x9f\x98\x80 \xc3\xa9} "},
		{"{\"a\":\"\\ud83dx \\\\ud83d\"}", "{a:\xef\xbf\xbdx \\ud83d} "},
		{"{a: 1, b: 'x'}\n", "{a:1,b:x} "},
		{"- &p {a: 1, b: 2}\n- {<<: *p, b: 3}\n", "[{a:1,b:2},{a:1,b:3}] "},
		{"- &p {a: 1, b: 2}\n- {b: 3, <<: *p}\n", "[{a:1,b:2},{b:2,a:1}] "},
		{"<<: [{a: 1}, {a: 2, b: 3}]\n", "{a:1,b:3} "},
		{"<<: {a: 1}\n<<: {a: 2}\n", "{a:2} "},
		{"- &p {<<: {a: 1}, b: 2}\n- <<: *p\n  c: 3\n", "[{a:1,b:2},{a:1,b:2,c:3}] "},
		{"\"<<\": {a: 1}\n", "{<<:{a:1}} "},
		{"a: 1\na: 2\n", "{a:1,a:2} "},
	};
	static const char utf16[] = "\xff\xfe"
				    "a\0:\0 \0\x31\0\n";

	(void)state;
	for (size_t i = 0; i <= ARRAY_LENGTH(cases); i++) {
		CLEANUP_BUFFER struct buffer trees = {0};
		bool wide = i == ARRAY_LENGTH(cases);
		struct yaml_reader *reader = NULL;
		const struct yaml_node *root = NULL;
		struct yaml_error error;
		assert_int_equal(yaml_reader_new(wide ? utf16 : cases[i].text,
						 wide ? sizeof(utf16) : strlen(cases[i].text),
						 &reader),
				 0);
		do {
			if (yaml_reader_next(reader, &root, &error))
				fail_msg("%s: %s", cases[i].text, error.message);
			if (root) {
				format_tree(root, &trees);
				buffer_append_text(&trees, " ");
			}
		} while (root);
		yaml_reader_free(reader);
		assert_string_equal(trees.data, wide ? "{a:1} " : cases[i].trees);
	}
}

static void test_kubectl_refuses(void **state)
{
	static const struct {
		const char *text;
		const char *refusal;
	} cases[] = {
		{"%YAML 1.2\n---\na: 1\n", "1:1: a directive (%YAML, %TAG), which kubectl refuses"},
		{"%YAML 1.1\n---\na: 1\n", "1:1: a directive (%YAML, %TAG), which kubectl refuses"},
		{"a: !!int x\n", "1:4: \"x\" does not fit its tag"},
		{"a: !!bool 1\n", "1:4: \"1\" does not fit its tag"},
		{"<<: 7\n", "1:1: <<: a mapping or a list of mappings was expected"},
		{"<<: [7]\n", "1:1: <<: a mapping or a list of mappings was expected"},
		{"a: \"\\ud83d\\ude00\"\n",
		 "1:7: not YAML: found invalid Unicode character escape code"},
		{"{\"a\":1}\n{\"a\":1,[}", "2:9: not YAML: did not find expected node content"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct yaml_reader *reader = NULL;
		const struct yaml_node *root = NULL;
		struct yaml_error error;
		char message[320];
		int result = yaml_reader_new(cases[i].text, strlen(cases[i].text), &reader);
		do
			result = yaml_reader_next(reader, &root, &error);
		while (!result && root);
		yaml_reader_free(reader);
		assert_int_equal(result, -EBADMSG);
		snprintf(message, sizeof(message), "%u:%u: %s", error.line, error.column,
			 error.message);
		assert_string_equal(message, cases[i].refusal);
	}
}

/* After a document with an error, the next document can be read. */
static void test_skip(void **state)
{
	static const char text[] = "a: [\n---\nb: {\n}}\n---\nc: 1\n---\n- '\n";
	struct yaml_reader *reader = NULL;
	const struct yaml_node *root = NULL;
	struct yaml_error error;
	CLEANUP_BUFFER struct buffer trees = {0};

	(void)state;
	assert_int_equal(yaml_reader_new(text, strlen(text), &reader), 0);
	for (;;) {
		int result = yaml_reader_next(reader, &root, &error);
		if (!result && root)
			format_tree(root, &trees);
		else if (result)
			buffer_printf(&trees, "<%u>", error.line);
		if (!root && (!result || !yaml_reader_skip(reader)))
			break;
	}
	yaml_reader_free(reader);
	assert_string_equal(trees.data, "<2><4>{c:1}<9>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_null_and_empty),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_anchors_end_with_their_document),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_by_aliases),
		cmocka_unit_test(test_size_by_aliases),
		cmocka_unit_test(test_number_of_values),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_text),
		cmocka_unit_test(test_decode_integer),
		cmocka_unit_test(test_kubectl),
		cmocka_unit_test(test_kubectl_refuses),
		cmocka_unit_test(test_skip),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
