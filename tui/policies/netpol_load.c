/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/policies/netpol_load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/caller.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"
#include "core/base/json_syntax.h"
#include "core/policy/netpol/netpol_kinds.h"
#include "core/source/kube/kube_policies.h"

/* The largest file, in bytes. A file may have many objects. The API accepts at most 1.5 MB for one
 * object. */
#define FILE_MAX (256u << 20)

#define CLUSTER "cluster"

/* The longest message. It names two paths. */
#define MESSAGE_SIZE (2 * PATH_MAX + 1024)

struct reading {
	const struct netpol_load_report *report;
	struct netpol_set *set;
	size_t files;      /* files that were read */
	size_t from_files; /* number of policies from files, which are first in the set */
	int status;        /* the exit status of the first error; 0: no error */
};

/* Data for netpol_load_report_error, which reports the errors of a file. */
struct netpol_load_file {
	const struct reading *reading;
	const char *name;
};

/* Passes a message to the caller. Returns the status. */
__attribute__((format(printf, 3, 4))) static int
netpol_load_send(const struct reading *reading, int status, const char *format, ...)
{
	char text[MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	reading->report->message(reading->report->data, status, text);
	return status;
}

static int netpol_load_keep_status(struct reading *reading, int status)
{
	if (!reading->status)
		reading->status = status;
	return status;
}

static void netpol_load_report_error(void *data, const struct yaml_error *error)
{
	const struct netpol_load_file *file = data;

	netpol_load_send(file->reading, 4, "%s:%u:%u: %s", file->name, error->line, error->column,
			 error->message);
}

/* Returns whether the name of a file ends with `ending`. */
static bool netpol_load_ends_with(const char *name, const char *ending)
{
	const char *found = strrchr(name, '.');

	return found && strcmp(found, ending) == 0;
}

/* Reports a fault in the JSON of a file whose name ends with .json, which the YAML reader might
 * accept. A file that does not begin with a bracket is YAML, whatever its name is. Returns 0, or
 * the status of the report. */
static int netpol_load_check_json(const struct reading *reading, const char *name, const char *text,
				  size_t length)
{
	size_t begin = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	unsigned int line = 1;
	unsigned int column = 1;

	while (begin < length && text[begin] && strchr(" \t\r\n", text[begin]))
		begin++;
	if (!netpol_load_ends_with(name, ".json") || begin == length ||
	    (text[begin] != '{' && text[begin] != '['))
		return 0;
	size_t at = begin + json_syntax_check(text + begin, length - begin);
	/* If the text ends too early, the YAML reader knows where the open value begins. */
	if (at == length)
		return 0;
	for (size_t i = 0; i < at; i++) {
		/* Columns count characters. Bytes of the form 10xxxxxx continue one (UTF-8). */
		column = text[i] == '\n' ? 1 : column + ((text[i] & 0xc0) != 0x80);
		line += text[i] == '\n';
	}
	if (text[at] > ' ' && text[at] < 0x7f)
		return netpol_load_send(reading, 4, "%s:%u:%u: not JSON: unexpected '%c'", name,
					line, column, text[at]);
	return netpol_load_send(reading, 4, "%s:%u:%u: not JSON: unexpected character", name, line,
				column);
}

static int netpol_load_read_text(struct reading *reading, const char *name, const char *text,
				 size_t length)
{
	const struct netpol_source source = {name, text, length, "default"};
	struct netpol_load_file file = {reading, name};

	int result = netpol_load_check_json(reading, name, text, length);
	if (result)
		return result;
	result = netpol_read_all(reading->set, &source, netpol_load_report_error, &file);
	if (result == -ENOMEM)
		return netpol_load_send(reading, 3, "%s", strerror(ENOMEM));
	return result ? 4 : 0;
}

/* Reads an open descriptor. Unless `pipes` is set, refuses a descriptor that is not a regular file,
 * because a pipe or a device in a folder may never end. */
static int netpol_load_read_descriptor(struct reading *reading, const char *name, int fd,
				       bool pipes)
{
	CLEANUP_FREE char *text = NULL;
	struct stat status;
	size_t length = 0;

	if (fd < 0 || fstat(fd, &status))
		return netpol_load_send(reading, 4, "%s: %s", name, caller_explain(-errno, name));
	if (!S_ISREG(status.st_mode) && !pipes)
		return netpol_load_send(reading, 4, "%s: a file was expected, not a %s", name,
					S_ISFIFO(status.st_mode)  ? "pipe"
					: S_ISDIR(status.st_mode) ? "folder"
								  : "device or socket");
	int result = file_read_all(fd, FILE_MAX, &text, &length);
	if (result)
		return netpol_load_send(reading, 4, "%s: %s", name, strerror(-result));
	return netpol_load_read_text(reading, name, text, length);
}

bool netpol_load_is_stream(const char *path)
{
	return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0 ||
	       strncmp(path, "/dev/fd/", 8) == 0 || strncmp(path, "/proc/self/fd/", 14) == 0;
}

/* Opens and reads a file. O_NONBLOCK keeps open(2) from waiting for the writer of a named pipe. */
static int netpol_load_read_file(struct reading *reading, const char *path)
{
	bool stream = netpol_load_is_stream(path);
	CLEANUP_CLOSE int fd = file_open(path, O_RDONLY | (stream ? 0 : O_NONBLOCK));

	reading->files++;
	return netpol_load_read_descriptor(reading, path, fd, stream);
}

bool netpol_load_reads(const char *name)
{
	return netpol_load_ends_with(name, ".yaml") || netpol_load_ends_with(name, ".yml") ||
	       netpol_load_ends_with(name, ".json");
}

static int netpol_load_read_folder(struct reading *reading, const char *path, unsigned int depth);

/* Reads one entry of a folder. Does not follow a link to a folder, which could be a loop. */
static int netpol_load_read_entry(struct reading *reading, const char *folder, const char *name,
				  unsigned int depth)
{
	char path[PATH_MAX];
	struct stat status;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return netpol_load_send(reading, 4, "%s/%s: %s", folder, name,
					strerror(ENAMETOOLONG));
	if (lstat(path, &status))
		return netpol_load_send(reading, 4, "%s: %s", path, caller_explain(-errno, path));
	if (S_ISDIR(status.st_mode))
		return netpol_load_read_folder(reading, path, depth + 1);
	if (!netpol_load_reads(name))
		return 0;
	if (S_ISLNK(status.st_mode) && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return 0;
	return netpol_load_read_file(reading, path);
}

static int netpol_load_is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int netpol_load_compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int netpol_load_read_folder(struct reading *reading, const char *path, unsigned int depth)
{
	struct dirent **entries = NULL;

	if (depth > NETPOL_LOAD_DEPTH_MAX)
		return netpol_load_send(reading, 4, "%s: too many folders in folders", path);
	/* Do not use alphasort, whose order depends on the locale. */
	int count = scandir(path, &entries, netpol_load_is_visible, netpol_load_compare_entries);
	if (count < 0)
		return netpol_load_send(reading, 4, "%s: %s", path, caller_explain(-errno, path));
	for (int i = 0; i < count; i++) {
		netpol_load_keep_status(
			reading, netpol_load_read_entry(reading, path, entries[i]->d_name, depth));
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static void netpol_load_read_path(struct reading *reading, const char *path)
{
	struct stat status;
	size_t before = reading->set->count + reading->set->unjudged_count;
	size_t skipped = reading->set->skipped;
	size_t files = reading->files;
	int errors = reading->status;
	bool entered = caller_enter_for(path);
	int result;

	reading->status = 0;
	if (strcmp(path, "-") == 0) {
		path = "standard input";
		result = netpol_load_read_descriptor(reading, path, STDIN_FILENO, true);
	} else if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		result = netpol_load_read_folder(reading, path, 0);
		if (!result && reading->files == files)
			result = netpol_load_send(reading, 4,
						  "%s: no .yaml, .yml or .json file in it", path);
	} else {
		result = netpol_load_read_file(reading, path);
	}
	if (entered)
		caller_leave();
	netpol_load_keep_status(reading, result);
	if (!reading->status && reading->set->count + reading->set->unjudged_count == before)
		netpol_load_send(reading, 0,
				 "%s: no NetworkPolicy in it (%zu document%s of other kinds)", path,
				 reading->set->skipped - skipped,
				 reading->set->skipped - skipped == 1 ? "" : "s");
	else if (reading->set->skipped > skipped)
		netpol_load_send(reading, 0, "%s: %zu document%s of other kinds skipped", path,
				 reading->set->skipped - skipped,
				 reading->set->skipped - skipped == 1 ? "" : "s");
	if (errors)
		reading->status = errors;
}

static int netpol_load_compare_names(const struct netpol *a, const struct netpol *b)
{
	int order = strcmp(a->namespace_name, b->namespace_name);

	return order ? order : strcmp(a->name, b->name);
}

static int netpol_load_compare(const void *a, const void *b)
{
	const struct netpol *x = *(const struct netpol *const *)a;
	const struct netpol *y = *(const struct netpol *const *)b;
	int order = netpol_load_compare_names(x, y);

	return order ? order : (x > y) - (x < y);
}

static int netpol_load_find_duplicates(struct reading *reading)
{
	const struct netpol_set *set = reading->set;
	CLEANUP_FREE const struct netpol **sorted =
		reallocarray(NULL, set->count + 1, sizeof(*sorted));

	if (!sorted)
		return netpol_load_send(reading, 3, "%s", strerror(ENOMEM));
	for (size_t i = 0; i < set->count; i++)
		sorted[i] = &set->items[i];
	qsort(sorted, set->count, sizeof(*sorted), netpol_load_compare);
	for (size_t i = 1; i < set->count; i++) {
		const struct netpol *one = sorted[i - 1];
		const struct netpol *two = sorted[i];
		if (netpol_load_compare_names(one, two) == 0)
			netpol_load_keep_status(
				reading,
				netpol_load_send(reading, 4,
						 "%s:%u:1: NetworkPolicy %s/%s is also in %s:%u: "
						 "when applied, the second replaces the first",
						 two->file, two->line, two->namespace_name,
						 two->name, one->file, one->line));
	}
	return 0;
}

static bool netpol_load_is_in_files(const struct reading *reading, const char *namespace_name,
				    const char *name)
{
	for (size_t i = 0; i < reading->from_files; i++) {
		const struct netpol *policy = &reading->set->items[i];
		if (strcmp(policy->namespace_name, namespace_name) == 0 &&
		    strcmp(policy->name, name) == 0)
			return true;
	}
	return false;
}

static void netpol_load_clear_lines(struct netpol *policy)
{
	policy->line = 0;
	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		for (size_t i = 0; i < policy->rules[d].count; i++)
			policy->rules[d].items[i].line = 0;
	}
}

/* Adds a NetworkPolicy of the cluster. A callback of kube_policies. */
static int netpol_load_add_of_cluster(void *data, const char *namespace_name, const char *name,
				      const char *text, size_t length)
{
	const struct reading *reading = data;
	struct netpol_set *set = reading->set;
	struct yaml_error error = {0};
	size_t before = set->count;

	if (netpol_load_is_in_files(reading, namespace_name, name))
		return 0;
	int result = netpol_read(set, CLUSTER, text, length, "default", &error);
	if (result == -EBADMSG)
		netpol_load_send(reading, 4, CLUSTER ": NetworkPolicy %.63s/%.253s: %s",
				 namespace_name, name, error.message);
	for (size_t i = before; i < set->count; i++)
		netpol_load_clear_lines(&set->items[i]);
	return result;
}

static const struct netpol_kind *netpol_load_kind(size_t at)
{
	size_t count;

	return &netpol_kinds(&count)[at];
}

/* Adds the name of a policy that is not a NetworkPolicy (netpol_kinds.h). A callback of
 * kube_policies. */
static int netpol_load_add_unjudged(void *data, size_t kind, const char *version,
				    const char *namespace_name, const char *name)
{
	const struct reading *reading = data;
	const struct netpol_unjudged policy = {
		.kind = netpol_load_kind(kind)->kind,
		.version = version,
		.namespace_name = namespace_name,
		.name = name,
		.file = CLUSTER,
	};

	if (netpol_kind_is_translated(netpol_load_kind(kind), name))
		return 0;
	return netpol_set_add_unjudged(reading->set, &policy);
}

/* Adds a kind whose policies could not be listed; the cluster may have some. A callback of
 * kube_policies. */
static int netpol_load_add_unlisted(void *data, size_t kind, const char *reason)
{
	const struct reading *reading = data;
	const struct netpol_unlisted unlisted = {
		.kind = netpol_load_kind(kind)->kind,
		.group = netpol_load_kind(kind)->group,
		.reason = reason,
	};

	return netpol_set_add_unlisted(reading->set, &unlisted);
}

static int netpol_load_ask_cluster(struct reading *reading, const struct kube_config_options *kube,
				   char message[KUBE_POLICIES_MESSAGE_SIZE])
{
	struct kube_policies_query query = {
		.add = netpol_load_add_of_cluster,
		.found = netpol_load_add_unjudged,
		.unlisted = netpol_load_add_unlisted,
		.data = reading,
	};
	const struct netpol_kind *kinds = netpol_kinds(&query.kind_count);
	CLEANUP_FREE struct kube_policy_kind *wanted =
		reallocarray(NULL, query.kind_count, sizeof(*wanted));

	message[0] = '\0';
	if (!wanted)
		return -ENOMEM;
	for (size_t i = 0; i < query.kind_count; i++)
		wanted[i] = (struct kube_policy_kind){kinds[i].group, kinds[i].plural,
						      kinds[i].view_of};
	query.kinds = wanted;
	return kube_policies(kube, &query, message);
}

static int netpol_load_cluster(struct reading *reading, const struct identity_config *identities)
{
	const struct kube_config_options kube = {
		.kubeconfig = identities->places[IDENTITY_KUBE],
		.context = identities->context,
	};
	char message[KUBE_POLICIES_MESSAGE_SIZE];

	reading->from_files = reading->set->count;
	int error = netpol_load_ask_cluster(reading, &kube, message);
	if (!error)
		return 0;
	int status = error == -EBADMSG ? 4 : 3;
	/* netpol_load_add_of_cluster has already reported a policy that cannot be read. */
	if (!message[0] && error == -EBADMSG)
		return status;
	return netpol_load_send(reading, status, CLUSTER ": %s",
				message[0] ? message : strerror(-error));
}

/* Reports the policies that polecat does not judge. Verdicts may be wrong without them, so this
 * report comes before any verdict. */
static void netpol_load_report_unjudged(const struct reading *reading)
{
	char text[NETPOL_UNJUDGED_SIZE];
	size_t at = 0;

	while (netpol_unjudged_next(reading->set, &at, text))
		netpol_load_send(reading, 0, "%s", text);
}

void netpol_load_keep_first(void *data, int status, const char *text)
{
	struct netpol_load_first *first = data;

	if (!first->is_error)
		snprintf(first->text, first->size, "%s", text);
	first->is_error |= status != 0;
}

int netpol_load_paths(const char *const *paths, size_t count,
		      const struct netpol_load_report *report, struct netpol_set *set)
{
	struct reading reading = {.report = report, .set = set};

	for (size_t i = 0; i < count; i++)
		netpol_load_read_path(&reading, paths[i]);
	netpol_load_keep_status(&reading, netpol_load_find_duplicates(&reading));
	return reading.status;
}

static void netpol_load_to_stderr(void *data, int status, const char *text)
{
	options_report(data, status, "%s", text);
}

int netpol_load(const struct options *options, struct netpol_set *set)
{
	const struct netpol_load_report report = {netpol_load_to_stderr,
						  (void *)(uintptr_t)options};
	struct reading reading = {.report = &report, .set = set};

	reading.status = netpol_load_paths((const char *const *)options->policy_paths.items,
					   options->policy_paths.count, &report, set);
	if (!reading.status && options->cluster)
		reading.status = netpol_load_cluster(&reading, &options->identities);
	netpol_load_report_unjudged(&reading);
	return reading.status;
}
