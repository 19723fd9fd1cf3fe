/* SPDX-License-Identifier: Apache-2.0 */
/* Sets a setting in a file of settings, for tests of interrupted writes: settings FILE NAME VALUE.
 * Prints the reason of a failure to standard error, and ends with 1 then. */
#include <stdio.h>

#include "tui/options/settings.h"

int main(int argc, char **argv)
{
	char why[SETTINGS_WHY_SIZE] = "";

	if (argc != 4) {
		fprintf(stderr, "usage: settings FILE NAME VALUE\n");
		return 2;
	}
	if (settings_set(argv[1], argv[2], argv[3], why) == 0)
		return 0;
	fprintf(stderr, "%s\n", why);
	return 1;
}
