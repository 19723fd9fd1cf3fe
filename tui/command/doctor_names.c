/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/source/kube/kube_check.h"
#include "core/source/kube/kube_watch.h"
#include "core/source/runtime/cri.h"
#include "core/source/runtime/docker.h"
#include "core/source/runtime/log_links.h"
#include "tui/command/doctor.h"
#include "tui/options/options.h"

/* True when the runtime answers. */
static bool say_runtime(const char *what, int error, const struct names_check *check,
			const char *gives, const char *option)
{
	if (!error) {
		doctor_say(DOCTOR_OK, what, "%s: %s %s; gives %s", check->socket, check->runtime,
			   check->version, gives);
		return true;
	}
	if (error == -ENOENT && !check->socket[0])
		doctor_say(DOCTOR_NOTE, what, "%s (--%s names another place)", check->message,
			   option);
	else if (error == -ENOSYS)
		doctor_say(DOCTOR_NOTE, what,
			   "%s: answers, and does not speak CRI (containerd's disabled_plugins?)",
			   check->socket);
	else
		doctor_say(DOCTOR_NOTE, what, "%s: %s", check->socket, check->message);
	return false;
}

static bool say_cri(const struct options *options)
{
	const struct cri_options cri = {.endpoint = options->cri, .host_root = options->host_root};
	struct names_check check;

	if (options->no_cri) {
		doctor_say(DOCTOR_NOTE, "CRI", "left out (--no-cri)");
		return false;
	}
	int error = cri_check(&cri, &check);
	return say_runtime("CRI", error, &check, "pods, their labels and containers", "cri");
}

static bool say_docker(const struct options *options)
{
	const struct docker_options docker = {.endpoint = options->docker,
					      .host_root = options->host_root};
	const char *host = getenv("DOCKER_HOST");
	struct names_check check;

	if (options->no_docker) {
		doctor_say(DOCTOR_NOTE, "Docker", "left out (--no-docker)");
		return false;
	}
	if (host && !options->docker)
		doctor_say(DOCTOR_NOTE, "DOCKER_HOST", "%s: not a socket of this machine", host);
	int error = docker_check(&docker, &check);
	return say_runtime("Docker, Podman", error, &check, "containers and their labels",
			   "docker");
}

/* What the cluster allows, a resource a line where it does not. */
static void say_denied(const struct kube_check *check)
{
	for (size_t kind = 0; kind < KUBE_KINDS; kind++) {
		if (check->denied[kind])
			doctor_say(DOCTOR_NOTE, "Kubernetes API",
				   "may not list %s at cluster scope: %s",
				   kube_resource_name((enum kube_kind)kind),
				   kube_resource_without((enum kube_kind)kind));
	}
	if (check->insecure)
		doctor_say(DOCTOR_NOTE, "Kubernetes API",
			   "its certificate is not verified (insecure-skip-tls-verify)");
}

/* True when the cluster's API answers. */
static bool say_kube(const struct options *options)
{
	const struct kube_config_options where = {.kubeconfig = options->kubeconfig,
						  .context = options->context};
	struct kube_check check;

	if (options->no_kube) {
		doctor_say(DOCTOR_NOTE, "Kubernetes API", "left out (--no-kube)");
		return false;
	}
	int error = kube_check(&where, &check);
	if (error) {
		const char *reason = check.message[0]   ? check.message
				     : error == -ENOENT ? "no kubeconfig and no service account: "
							  "services, owners and other nodes' pods "
							  "have no names (--kubeconfig)"
							: strerror(-error);
		doctor_say(DOCTOR_NOTE, "Kubernetes API", "%s%s%s", check.where,
			   check.where[0] ? ": " : "", reason);
		return false;
	}
	doctor_say(DOCTOR_OK, "Kubernetes API", "%s: %s", check.where,
		   check.version[0] ? check.version : "answers");
	say_denied(&check);
	return true;
}

/* The kubelet's links need nobody to answer. */
static bool say_log_links(const struct options *options)
{
	char path[PATH_MAX];
	size_t count = 0;

	snprintf(path, sizeof(path), "%s" LOG_LINKS_FOLDER,
		 options->host_root ? options->host_root : "");
	DIR *folder = opendir(path);
	if (!folder) {
		doctor_say(DOCTOR_NOTE, "log links", "%s: %s", path,
			   errno == ENOENT ? "no kubelet writes there" : strerror(errno));
		return false;
	}
	const struct dirent *entry;
	while ((entry = readdir(folder))) {
		struct container_record *container = NULL;
		if (log_links_parse(entry->d_name, &container) == 0)
			count++;
		container_record_free(container);
	}
	closedir(folder);
	doctor_say(DOCTOR_OK, "log links", "%s: the names of %zu containers", path, count);
	return true;
}

void doctor_say_names(const struct options *options)
{
	if (options->host_root)
		doctor_say(DOCTOR_OK, "host root", "%s: the host's files are looked for there",
			   options->host_root);
	bool kube = say_kube(options);
	bool cri = say_cri(options);
	bool docker = say_docker(options);
	bool links = say_log_links(options);
	if (!kube && !cri && !docker && !links)
		doctor_say(DOCTOR_NOTE, "names",
			   "no source of names: containers are shown by the beginning of their "
			   "ids");
}
