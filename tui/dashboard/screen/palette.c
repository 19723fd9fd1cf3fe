/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/palette.h"

#include <math.h>

#define BLACK      0x000000u
#define WHITE      0xffffffu
#define MIX_STEPS  64
#define CUBE_START 16
#define GREY_START 232
#define PALETTE    256

static unsigned int palette_channel(uint32_t colour, int channel)
{
	return colour >> (16 - 8 * channel) & 0xff;
}

uint32_t palette_rgb(int number)
{
	static const uint32_t basic[CUBE_START] = {
		0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
		0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
	static const uint32_t levels[6] = {0, 95, 135, 175, 215, 255};
	uint32_t index;

	if (number < 0 || number >= PALETTE)
		return 0;
	if (number < CUBE_START)
		return basic[number];
	if (number >= GREY_START) {
		index = (uint32_t)(8 + 10 * (number - GREY_START));
		return index << 16 | index << 8 | index;
	}
	index = (uint32_t)(number - CUBE_START);
	return levels[index / 36] << 16 | levels[index / 6 % 6] << 8 | levels[index % 6];
}

/* The relative luminance of WCAG 2, from 0 to 1. */
static double palette_luminance(uint32_t colour)
{
	static const double weights[] = {0.2126, 0.7152, 0.0722};
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double value = palette_channel(colour, i) / 255.0;

		sum += weights[i] *
		       (value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4));
	}
	return sum;
}

double palette_contrast(uint32_t a, uint32_t b)
{
	double x = palette_luminance(a) + 0.05;
	double y = palette_luminance(b) + 0.05;

	return x > y ? x / y : y / x;
}

bool palette_is_light(uint32_t colour)
{
	return palette_contrast(colour, BLACK) > palette_contrast(colour, WHITE);
}

/* The square of the distance, with weights that follow the eye's sensitivity. */
static unsigned int palette_distance(uint32_t a, uint32_t b)
{
	static const unsigned int weights[] = {3, 4, 2};
	unsigned int sum = 0;

	for (int i = 0; i < 3; i++) {
		int difference = (int)palette_channel(a, i) - (int)palette_channel(b, i);

		sum += weights[i] * (unsigned int)(difference * difference);
	}
	return sum;
}

int palette_nearest(uint32_t colour, uint32_t background, double contrast)
{
	unsigned int best[2] = {~0u, ~0u};
	int nearest[2] = {-1, -1};

	for (int number = CUBE_START; number < PALETTE; number++) {
		uint32_t candidate = palette_rgb(number);
		unsigned int distance = palette_distance(colour, candidate);
		bool enough = contrast <= 0 || palette_contrast(candidate, background) >= contrast;

		if (distance < best[enough]) {
			best[enough] = distance;
			nearest[enough] = number;
		}
	}
	return nearest[1] >= 0 ? nearest[1] : nearest[0];
}

static uint32_t palette_mix(uint32_t colour, uint32_t with, unsigned int part)
{
	uint32_t mixed = 0;

	for (int i = 0; i < 3; i++)
		mixed = mixed << 8 | (palette_channel(colour, i) * (MIX_STEPS - part) +
				      palette_channel(with, i) * part) /
					     MIX_STEPS;
	return mixed;
}

uint32_t palette_readable(uint32_t colour, uint32_t background)
{
	uint32_t with = palette_is_light(background) ? BLACK : WHITE;
	double best = 0;
	uint32_t chosen = colour;

	for (unsigned int part = 0; part <= MIX_STEPS && best < PALETTE_READABLE; part++) {
		uint32_t mixed = palette_mix(colour, with, part);
		double contrast = palette_contrast(mixed, background);

		if (contrast > best) {
			best = contrast;
			chosen = mixed;
		}
	}
	return chosen;
}
