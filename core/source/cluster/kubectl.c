/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/cluster/kubectl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/json_document.h"

/* A list of 5,000 pods takes some 30 MB. */
#define OUTPUT_MAX (64u << 20)

/* kubectl ends within its own limits, if the user sets any. This one is for a kubectl that hangs
 * before it has a connection, as in a credential plugin that waits for a browser. */
#define RUN_SECONDS 120

/* Words in kubectl's messages, the failure that they stand for, and the remedy. The first row that
 * matches counts. Texts from k8s.io/pod-security-admission, k8s.io/apiserver and
 * k8s.io/client-go. */
static const struct {
	const char *words;
	enum kubectl_failure failure;
	const char *remedy;
} kubectl_failures[] = {
	{"violates PodSecurity", KUBECTL_SECURITY,
	 "the namespace does not allow pods that see the host. Name one that does with "
	 "--agent-namespace, or label it: pod-security.kubernetes.io/enforce=privileged"},
	{"exec: \"polecat\"", KUBECTL_NO_PROGRAM,
	 "the image has no program polecat. Name one that has it with --image (make image)"},
	{"CAP_", KUBECTL_FORBIDDEN,
	 "the capabilities BPF, PERFMON and NET_ADMIN do not suffice on this node: --privileged"},
	{"pods/exec", KUBECTL_FORBIDDEN,
	 "polecat reads an agent's records through 'kubectl exec': it needs the verb create on "
	 "pods/exec in the namespace of the agents"},
	{"cannot list resource \"nodes\"", KUBECTL_FORBIDDEN,
	 "to find the nodes, polecat needs the verb list on nodes. Without it, name them: "
	 "node/NAME"},
	{"cannot create resource \"pods\"", KUBECTL_FORBIDDEN,
	 "polecat makes one pod on each node: it needs the verb create on pods in the namespace "
	 "that --agent-namespace names, or agents that somebody else deployed ('polecat deploy')"},
	{"is forbidden", KUBECTL_FORBIDDEN,
	 "the README lists the rights that polecat needs; kubectl auth can-i --list shows yours"},
	{"Forbidden", KUBECTL_FORBIDDEN,
	 "the README lists the rights that polecat needs; kubectl auth can-i --list shows yours"},
	{"must be logged in", KUBECTL_LOGIN, "log in again, or name another --context"},
	{"Unauthorized", KUBECTL_LOGIN, "log in again, or name another --context"},
	{"getting credentials", KUBECTL_LOGIN, "log in again, or name another --context"},
	{"Unable to connect to the server", KUBECTL_SERVER, "does 'kubectl version' answer?"},
	{"connection to the server", KUBECTL_SERVER, "does 'kubectl version' answer?"},
	{"dial tcp", KUBECTL_SERVER, "does 'kubectl version' answer?"},
	{"handshake timeout", KUBECTL_SERVER, "does 'kubectl version' answer?"},
	{"(NotFound)", KUBECTL_NOT_FOUND, ""},
	{"the server doesn't have a resource type", KUBECTL_NOT_FOUND, ""},
};

void kubectl_explain(const char *line, struct kubectl_error *error)
{
	error->failure = KUBECTL_OTHER;
	snprintf(error->message, sizeof(error->message), "kubectl: %s",
		 line[0] ? line : "failed without a message");
	for (size_t i = 0; i < ARRAY_LENGTH(kubectl_failures); i++) {
		if (!strstr(line, kubectl_failures[i].words))
			continue;
		error->failure = kubectl_failures[i].failure;
		if (kubectl_failures[i].remedy[0])
			snprintf(error->message, sizeof(error->message), "kubectl: %s (%s)", line,
				 kubectl_failures[i].remedy);
		return;
	}
}

int kubectl_error_number(const struct kubectl_error *error)
{
	switch (error->failure) {
	case KUBECTL_SERVER:
	case KUBECTL_OTHER:
		return -EPIPE;
	case KUBECTL_ABSENT:
	case KUBECTL_LOGIN:
	case KUBECTL_SECURITY:
	case KUBECTL_FORBIDDEN:
	case KUBECTL_NOT_FOUND:
	case KUBECTL_NO_PROGRAM:
		break;
	}
	return -EPERM;
}

int kubectl_command(const struct kubectl *kubectl, const char *const *arguments,
		    struct buffer *texts, const char **argv)
{
	const struct {
		const char *name;
		const char *value;
	} options[] = {
		{"--kubeconfig", kubectl->kubeconfig},
		{"--context", kubectl->context},
		{"--as", kubectl->user},
		{"--request-timeout", kubectl->request_timeout},
	};
	size_t offsets[ARRAY_LENGTH(options)];
	size_t count = 0;
	size_t at = 1;

	for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
		offsets[i] = texts->length;
		if (options[i].value)
			buffer_printf(texts, "%s=%s%c", options[i].name, options[i].value, '\0');
	}
	if (texts->error)
		return texts->error;
	argv[0] = "kubectl";
	for (size_t i = 0; i < ARRAY_LENGTH(options); i++) {
		if (options[i].value)
			argv[at++] = texts->data + offsets[i];
	}
	for (; arguments[count]; count++) {
		if (count == KUBECTL_ARGUMENTS_MAX)
			return -E2BIG;
		argv[at++] = arguments[count];
	}
	argv[at] = NULL;
	return 0;
}

/* Writes the rest of the input, as much as fits into the pipe. Closes the pipe after the last
 * byte. */
static void kubectl_write(struct child *child, const char **input)
{
	size_t length = strlen(*input);
	ssize_t count = length > 0 ? write(child_input(child), *input, length) : 0;

	if (count > 0)
		*input += count;
	/* kubectl may end without reading its input. Its status and its words tell why. */
	if (**input == '\0' || (count < 0 && errno != EAGAIN && errno != EINTR))
		child_close_input(child);
}

/* Reads standard output to its end, and writes the input meanwhile. */
static int kubectl_communicate(struct child *child, const struct kubectl_call *call,
			       uint64_t deadline_ns, struct buffer *output)
{
	struct fd_watch *errors = child_watch(child);
	const char *input = call->input ? call->input : "";

	for (;;) {
		struct pollfd polled[] = {
			{.fd = call->stop_fd, .events = POLLIN},
			{.fd = child_output(child), .events = POLLIN},
			{.fd = errors->fd, .events = POLLIN},
			{.fd = child_input(child), .events = POLLOUT},
		};
		int ready = poll(polled, 4, clock_timeout_ms(deadline_ns, RUN_SECONDS * 1000));
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready == 0)
			return -ETIMEDOUT;
		if (polled[0].revents)
			return -ECANCELED;
		if (polled[2].revents)
			errors->readable(errors);
		if (polled[3].revents)
			kubectl_write(child, &input);
		if (!polled[1].revents)
			continue;
		int error = buffer_reserve(output, 65536);
		ssize_t count =
			error ? 0 : read(child_output(child), output->data + output->length, 65536);
		if (error || (count < 0 && errno != EINTR))
			return error ? error : -errno;
		if (count == 0)
			return 0;
		output->length += count > 0 ? (size_t)count : 0;
		output->data[output->length] = '\0';
	}
}

int kubectl_run(const struct kubectl *kubectl, const struct kubectl_call *call,
		struct buffer *output, struct kubectl_error *error)
{
	unsigned int seconds = call->seconds ? call->seconds : RUN_SECONDS;
	uint64_t deadline_ns = clock_monotonic_ns() + seconds * NS_PER_SECOND;
	const char *argv[KUBECTL_ARGUMENTS_MAX + 16];
	CLEANUP_BUFFER struct buffer texts = {0};
	struct child_options options = {.arguments = argv, .has_input = call->input != NULL};
	struct child *child = NULL;
	int status = 0;

	*error = (struct kubectl_error){0};
	output->limit = OUTPUT_MAX;
	int result = kubectl_command(kubectl, call->arguments, &texts, argv);
	if (!result)
		result = child_open(&options, &child);
	if (!result)
		result = kubectl_communicate(child, call, deadline_ns, output);
	if (!result)
		result = child_wait(child, call->stop_fd, deadline_ns, &status);
	if (result == -ENOENT) {
		error->failure = KUBECTL_ABSENT;
		snprintf(error->message, sizeof(error->message),
			 "kubectl was not found in PATH: polecat reaches the cluster through it");
		result = -EIO;
	} else if (result == -ETIMEDOUT) {
		error->failure = KUBECTL_SERVER;
		snprintf(error->message, sizeof(error->message),
			 "kubectl %s did not end within %u s", call->arguments[0], seconds);
		result = -EIO;
	} else if (!result && status != 0) {
		kubectl_explain(child_last_line(child), error);
		result = -EIO;
	}
	child_free(child);
	return result;
}

int kubectl_read(const struct kubectl *kubectl, const struct kubectl_call *call, json_t **document,
		 struct kubectl_error *error)
{
	CLEANUP_BUFFER struct buffer output = {0};
	int result = kubectl_run(kubectl, call, &output, error);

	if (!result)
		result = json_document_parse(output.data ? output.data : "", output.length, 0,
					     document, NULL);
	if (result == -EBADMSG) {
		snprintf(error->message, sizeof(error->message),
			 "kubectl %s: JSON was expected in its output", call->arguments[0]);
		result = -EIO;
	}
	return result;
}
