/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/array.h"
#include "core/filter/filter_keys.h"
#include "tui/manual/manual.h"
#include "tui/manual/roff.h"

static const struct {
	const char *form;
	const char *matches;
} forms[] = {
	{"web", "rows with this text in any of their fields, ignoring case"},
	{"key:value", "a text that contains the value, an address in a block, a number that\n"
		      "equals the value or is in a range: pod:cart, peer:203.0.113.0/24,\n"
		      "port:8000-8999"},
	{"key:a,b", "one of the values: port:80,443"},
	{"key=value, key!=value", "the whole text, or every other text: ns=shop"},
	{"key>value, key<value, key>=value, key<=value",
	 "a comparison of numbers: lat>100ms, tx>=1.5M"},
	{"key~regex, ~regex", "a part of a text that matches a POSIX extended regular expression,\n"
			      "ignoring case: comm~^(curl|wget)$"},
	{"host A, net A/N, port N, src A, dst port N",
	 "as in tcpdump: the address or the port of either side, or of one side"},
	{"a b, a and b", "both"},
	{"a or b", "one of the two; and binds more tightly than or"},
	{"!a, not a", "the opposite"},
	{"(a or b) c", "the same, in groups"},
	{"@name", "the expression that has this name in the settings, in parentheses"},
	{"\"two words\"", "a text with spaces, parentheses, commas or a word of the language"},
};

/* Returns the form of a value; NULL: any text. */
static const char *manual_value(enum filter_value value)
{
	switch (value) {
	case FILTER_VALUE_ADDRESS:
		return "address, block or text";
	case FILTER_VALUE_LABELS:
		return "label selector";
	case FILTER_VALUE_NUMBER:
		return "number or range";
	case FILTER_VALUE_PORT:
		return "port or range";
	case FILTER_VALUE_BYTES:
		return "number with k, M, G or T";
	case FILTER_VALUE_TIME:
		return "number with ns, us, ms, s, m, h or d";
	case FILTER_VALUE_TEXT:
	case FILTER_VALUE_NONE:
		break;
	}
	return NULL;
}

static void manual_filter_key(FILE *file, const struct filter_key *key)
{
	char term[64];

	snprintf(term, sizeof(term), "%s:%s%s%s", key->name, key->alias ? ", " : "",
		 key->alias ? key->alias : "", key->alias ? ":" : "");
	roff_entry(file, term, key->words ? key->words : manual_value(key->value), key->help);
	if (key->of_connection)
		fputs(".br\nNot for policy, check and \\fB\\-\\-exclude\\fR.\n", file);
}

void manual_filters(FILE *file)
{
	roff_page(file, "polecat-filters", 7, "the filter language of polecat");
	roff_section(file, "DESCRIPTION");
	roff_text(file,
		  "The options --filter and --exclude and the dashboard's / line have one\n"
		  "language. Quote an expression for the shell:\n"
		  "    polecat trace -f 'port:443 !comm:curl'\n"
		  "A term does not match where its value is unknown. A whole address is exact:\n"
		  "peer:192.0.2.1 does not match 192.0.2.10, but the word 192.0.2.1 does. Drafts\n"
		  "and checks are made from destinations, which sum up connections; they refuse\n"
		  "the keys that only a single connection has.");
	roff_section(file, "EXPRESSIONS");
	for (size_t i = 0; i < ARRAY_LENGTH(forms); i++)
		roff_entry(file, forms[i].form, NULL, forms[i].matches);
	roff_section(file, "KEYS");
	for (size_t i = 0; i < filter_key_count; i++)
		if (filter_keys[i].value != FILTER_VALUE_NONE)
			manual_filter_key(file, &filter_keys[i]);
	roff_section(file, "LIMITS");
	roff_text(file,
		  "An expression has at most 256 terms and 32 nested parentheses. A regular\n"
		  "expression has no back-references, repeated anchors or more than two nested\n"
		  "repetitions, and at most 256 characters after its repetitions are expanded.");
	roff_section(file, "SEE ALSO");
	fputs("\\fBpolecat\\fR(1), \\fBpolecat\\-keys\\fR(7)\n", file);
}
