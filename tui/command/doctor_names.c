/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/source/registry/identity_sources.h"
#include "tui/command/doctor.h"
#include "tui/options/options.h"

/* Reports one line for a checked source, and one for each of its limits. */
static void doctor_report_identity(const struct identity_source *kind,
				   const struct identity_check *check)
{
	const char *separator = check->place[0] ? ": " : "";

	if (check->error == -ENOENT && !check->place[0] && kind->option)
		doctor_report(DOCTOR_NOTE, kind->title, "%s (--%s names another place)",
			      check->message, kind->option);
	else
		doctor_report(check->error ? DOCTOR_NOTE : DOCTOR_OK, kind->title, "%s%s%s",
			      check->place, separator, check->message);
	for (size_t i = 0; i < check->limits.count; i++)
		doctor_report(DOCTOR_NOTE, kind->title, "%s", check->limits.items[i]);
}

void doctor_report_identities(const struct options *options)
{
	const struct identity_config *config = &options->identities;
	bool any = false;

	if (config->host_root)
		doctor_report(DOCTOR_OK, "host root", "%s: the host's files are looked for there",
			      config->host_root);
	for (size_t i = 0; i < IDENTITY_SOURCE_COUNT; i++) {
		const struct identity_source *kind = identity_sources[i];
		const char *variable = kind->environment ? getenv(kind->environment) : NULL;
		struct identity_check check;

		if (config->disabled[i]) {
			doctor_report(DOCTOR_NOTE, kind->title, "left out (--%s)", kind->opt_out);
			continue;
		}
		if (variable && !config->places[i])
			doctor_report(DOCTOR_NOTE, kind->environment,
				      "%s: not a socket of this machine", variable);
		identity_source_check(kind, config, &check);
		doctor_report_identity(kind, &check);
		any = any || !check.error;
		identity_check_clear(&check);
	}
	if (!any)
		doctor_report(DOCTOR_NOTE, "names",
			      "no source of names: containers are shown by the beginning of their "
			      "ids");
}
