/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/terminal_svg.h"

#include <string.h>

/* Sizes in pixels. A monospace letter is about 0.6 of its font size wide. Frame lines run through
 * the middle of a cell, so an even CELL_HEIGHT puts them on a whole pixel. */
#define CELL_WIDTH  8.4
#define CELL_HEIGHT 18
#define FONT_SIZE   14
#define BASELINE    13
#define PADDING     12
#define TITLE_BAR   30
#define RADIUS      8

#define FONTS                                                                                  \
	"ui-monospace,'SF Mono','JetBrains Mono','Cascadia Mono',Menlo,Consolas,'DejaVu Sans " \
	"Mono',"                                                                               \
	"'Liberation Mono',monospace"

struct rgb {
	uint8_t red;
	uint8_t green;
	uint8_t blue;
};

static const struct rgb default_background = {0x12, 0x16, 0x1e};
static const struct rgb default_foreground = {0xd3, 0xd9, 0xe4};
static const struct rgb title_background = {0x1d, 0x23, 0x2e};

/* Each terminal defines its own first 16 colours. These 16 are bright enough to be read on
 * default_background. */
static const struct rgb palette[16] = {
	{0x2a, 0x31, 0x3d}, {0xf0, 0x6c, 0x75}, {0x8f, 0xc9, 0x6b}, {0xe8, 0xc0, 0x6a},
	{0x6a, 0xad, 0xf0}, {0xc6, 0x85, 0xe0}, {0x5b, 0xc4, 0xcf}, {0xc3, 0xca, 0xd6},
	{0x6d, 0x78, 0x8a}, {0xff, 0x80, 0x88}, {0xa6, 0xdd, 0x80}, {0xff, 0xd7, 0x80},
	{0x84, 0xc0, 0xff}, {0xd9, 0x9c, 0xf2}, {0x74, 0xdb, 0xe5}, {0xff, 0xff, 0xff},
};

/* The look of a cell after reverse and dim are applied. */
struct look {
	struct rgb foreground;
	struct rgb background;
	bool bold;
	bool italic;
	bool underline;
};

static struct rgb to_rgb(struct terminal_color color, struct rgb fallback)
{
	if (color.kind == TERMINAL_COLOR_DEFAULT)
		return fallback;
	if (color.kind == TERMINAL_COLOR_INDEXED && color.index < 16)
		return palette[color.index];
	return (struct rgb){color.red, color.green, color.blue};
}

static uint8_t mix(uint8_t a, uint8_t b)
{
	return (uint8_t)((a * 58 + b * 42) / 100);
}

static struct look look_of(const struct terminal_cell *cell)
{
	struct look look = {
		.foreground = to_rgb(cell->foreground, default_foreground),
		.background = to_rgb(cell->background, default_background),
		.bold = cell->bold,
		.italic = cell->italic,
		.underline = cell->underline,
	};

	if (cell->reverse) {
		struct rgb swap = look.foreground;

		look.foreground = look.background;
		look.background = swap;
	}
	if (cell->dim) {
		look.foreground.red = mix(look.foreground.red, look.background.red);
		look.foreground.green = mix(look.foreground.green, look.background.green);
		look.foreground.blue = mix(look.foreground.blue, look.background.blue);
	}
	return look;
}

static bool rgb_equal(struct rgb a, struct rgb b)
{
	return a.red == b.red && a.green == b.green && a.blue == b.blue;
}

static bool same_text(const struct look *a, const struct look *b)
{
	return rgb_equal(a->foreground, b->foreground) && a->bold == b->bold &&
	       a->italic == b->italic && a->underline == b->underline;
}

static void write_color(FILE *out, const char *attribute, struct rgb color)
{
	fprintf(out, " %s=\"#%02x%02x%02x\"", attribute, color.red, color.green, color.blue);
}

static void write_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		default:
			if ((unsigned char)*text >= ' ')
				fputc(*text, out);
			break;
		}
	}
}

static void rectangle(FILE *out, double x, double y, double width, double height, struct rgb color)
{
	fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"", x, y, width,
		height);
	write_color(out, "fill", color);
	fputs("/>\n", out);
}

/* --- characters that are drawn as shapes --- */

/* The arms of a line drawing character. */
enum arm {
	ARM_LEFT = 1,
	ARM_RIGHT = 2,
	ARM_UP = 4,
	ARM_DOWN = 8,
	ARM_HEAVY = 16,
	ARM_ROUND = 32,
};

static const struct {
	char text[4];
	unsigned int arms;
} line_signs[] = {
	{"─", ARM_LEFT | ARM_RIGHT},
	{"│", ARM_UP | ARM_DOWN},
	{"┌", ARM_RIGHT | ARM_DOWN},
	{"┐", ARM_LEFT | ARM_DOWN},
	{"└", ARM_RIGHT | ARM_UP},
	{"┘", ARM_LEFT | ARM_UP},
	{"├", ARM_RIGHT | ARM_UP | ARM_DOWN},
	{"┤", ARM_LEFT | ARM_UP | ARM_DOWN},
	{"┬", ARM_LEFT | ARM_RIGHT | ARM_DOWN},
	{"┴", ARM_LEFT | ARM_RIGHT | ARM_UP},
	{"┼", ARM_LEFT | ARM_RIGHT | ARM_UP | ARM_DOWN},
	{"╭", ARM_RIGHT | ARM_DOWN | ARM_ROUND},
	{"╮", ARM_LEFT | ARM_DOWN | ARM_ROUND},
	{"╰", ARM_RIGHT | ARM_UP | ARM_ROUND},
	{"╯", ARM_LEFT | ARM_UP | ARM_ROUND},
	{"━", ARM_LEFT | ARM_RIGHT | ARM_HEAVY},
	{"┃", ARM_UP | ARM_DOWN | ARM_HEAVY},
	{"┏", ARM_RIGHT | ARM_DOWN | ARM_HEAVY},
	{"┓", ARM_LEFT | ARM_DOWN | ARM_HEAVY},
	{"┗", ARM_RIGHT | ARM_UP | ARM_HEAVY},
	{"┛", ARM_LEFT | ARM_UP | ARM_HEAVY},
	{"┣", ARM_RIGHT | ARM_UP | ARM_DOWN | ARM_HEAVY},
	{"┫", ARM_LEFT | ARM_UP | ARM_DOWN | ARM_HEAVY},
};

/*
 * Block characters in eighths of the cell: distance from the left and from the top, width, height.
 */
static const struct {
	char text[4];
	unsigned char left, top, width, height;
} block_signs[] = {
	{"▁", 0, 7, 8, 1}, {"▂", 0, 6, 8, 2}, {"▃", 0, 5, 8, 3}, {"▄", 0, 4, 8, 4},
	{"▅", 0, 3, 8, 5}, {"▆", 0, 2, 8, 6}, {"▇", 0, 1, 8, 7}, {"█", 0, 0, 8, 8},
	{"▀", 0, 0, 8, 4}, {"▌", 0, 0, 4, 8}, {"▐", 4, 0, 4, 8}, {"▏", 0, 0, 1, 8},
	{"▎", 0, 0, 2, 8}, {"▍", 0, 0, 3, 8}, {"▋", 0, 0, 5, 8}, {"▊", 0, 0, 6, 8},
	{"▉", 0, 0, 7, 8},
};

static void stroke(FILE *out, struct rgb color, double width)
{
	fputs("\" fill=\"none\"", out);
	write_color(out, "stroke", color);
	fprintf(out, " stroke-width=\"%.1f\"/>\n", width);
}

static bool draw_line_sign(FILE *out, const char *text, double x, double y, struct rgb color)
{
	double middle_x = x + CELL_WIDTH / 2;
	double middle_y = y + CELL_HEIGHT / 2.0;

	for (size_t i = 0; i < sizeof(line_signs) / sizeof(*line_signs); i++) {
		unsigned int arms = line_signs[i].arms;

		if (strcmp(text, line_signs[i].text) != 0)
			continue;
		fputs("<path d=\"", out);
		if (arms & ARM_ROUND) {
			fprintf(out, "M%.1f %.1fQ%.1f %.1f %.1f %.1f",
				arms & ARM_LEFT ? x : x + CELL_WIDTH, middle_y, middle_x, middle_y,
				middle_x, arms & ARM_UP ? y : y + CELL_HEIGHT);
		} else {
			if (arms & (ARM_LEFT | ARM_RIGHT))
				fprintf(out, "M%.1f %.1fH%.1f", arms & ARM_LEFT ? x : middle_x,
					middle_y, arms & ARM_RIGHT ? x + CELL_WIDTH : middle_x);
			if (arms & (ARM_UP | ARM_DOWN))
				fprintf(out, "M%.1f %.1fV%.1f", middle_x,
					arms & ARM_UP ? y : middle_y,
					arms & ARM_DOWN ? y + CELL_HEIGHT : middle_y);
		}
		stroke(out, color, arms & ARM_HEAVY ? 2.4 : 1.2);
		return true;
	}
	return false;
}

static bool draw_block(FILE *out, const char *text, double x, double y, struct rgb color)
{
	for (size_t i = 0; i < sizeof(block_signs) / sizeof(*block_signs); i++) {
		if (strcmp(text, block_signs[i].text) != 0)
			continue;
		rectangle(out, x + CELL_WIDTH * block_signs[i].left / 8.0,
			  y + CELL_HEIGHT * block_signs[i].top / 8.0,
			  CELL_WIDTH * block_signs[i].width / 8.0,
			  CELL_HEIGHT * block_signs[i].height / 8.0, color);
		return true;
	}
	return false;
}

static bool draw_symbol(FILE *out, const char *text, double x, double y, const struct look *look)
{
	double mx = x + CELL_WIDTH / 2;
	double my = y + CELL_HEIGHT / 2.0;
	double width = look->bold ? 1.8 : 1.3;
	struct rgb color = look->foreground;

	if (strcmp(text, "●") == 0) {
		fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.3\"", mx, my);
		write_color(out, "fill", color);
		fputs("/>\n", out);
	} else if (strcmp(text, "○") == 0) {
		fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.9", mx, my);
		stroke(out, color, 1.2);
	} else if (strcmp(text, "→") == 0) {
		fprintf(out, "<path d=\"M%.1f %.1fh7m-3 -3l3 3l-3 3", mx - 3.5, my);
		stroke(out, color, width);
	} else if (strcmp(text, "←") == 0) {
		fprintf(out, "<path d=\"M%.1f %.1fh-7m3 -3l-3 3l3 3", mx + 3.5, my);
		stroke(out, color, width);
	} else if (strcmp(text, "✕") == 0 || strcmp(text, "✗") == 0 || strcmp(text, "✖") == 0) {
		fprintf(out, "<path d=\"M%.1f %.1fl6 6m-6 0l6 -6", mx - 3, my - 3);
		stroke(out, color, width);
	} else if (strcmp(text, "▲") == 0 || strcmp(text, "▼") == 0) {
		int up = strcmp(text, "▲") == 0;

		fprintf(out, "<path d=\"M%.1f %.1fl3.5 %sl-7 0z\"", mx, up ? my - 3.5 : my + 3.5,
			up ? "6.5" : "-6.5");
		write_color(out, "fill", color);
		fputs("/>\n", out);
	} else {
		return false;
	}
	return true;
}

static bool draw_sign(FILE *out, const char *text, double x, double y, const struct look *look)
{
	return draw_line_sign(out, text, x, y, look->foreground) ||
	       draw_block(out, text, x, y, look->foreground) || draw_symbol(out, text, x, y, look);
}

/* --- rows --- */

static void open_text(FILE *out, double x, double y, const struct look *look)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\"", x, y + BASELINE);
	if (!rgb_equal(look->foreground, default_foreground))
		write_color(out, "fill", look->foreground);
	if (look->bold)
		fputs(" font-weight=\"700\"", out);
	if (look->italic)
		fputs(" font-style=\"italic\"", out);
	if (look->underline)
		fputs(" text-decoration=\"underline\"", out);
}

static void write_backgrounds(struct terminal *terminal, int row, double top, struct rgb ground,
			      FILE *out)
{
	int columns = terminal_columns(terminal);
	int start = 0;

	while (start < columns) {
		struct terminal_cell cell;
		struct rgb color;
		int end = start;

		terminal_cell(terminal, row, start, &cell);
		color = look_of(&cell).background;
		do
			terminal_cell(terminal, row, ++end, &cell);
		while (end < columns && rgb_equal(look_of(&cell).background, color));
		if (!rgb_equal(color, ground))
			rectangle(out, PADDING + start * CELL_WIDTH, top,
				  (end - start) * CELL_WIDTH, CELL_HEIGHT, color);
		start = end;
	}
}

static bool is_plain(const struct terminal_cell *cell)
{
	return cell->width == 1 && (unsigned char)cell->text[0] < 0x80 && !cell->text[1];
}

/* Returns the number of cells from `start` on that form one text: ASCII characters with this look,
 * with single spaces between words. */
static int run_length(struct terminal *terminal, int row, int start, const struct look *look)
{
	int last = start;
	int column;

	for (column = start; column < terminal_columns(terminal); column++) {
		struct terminal_cell cell;
		struct look other;

		terminal_cell(terminal, row, column, &cell);
		other = look_of(&cell);
		if (!is_plain(&cell) || !same_text(&other, look) || column - last > 2)
			break;
		if (cell.text[0] != ' ' || look->underline)
			last = column;
	}
	return last + 1 - start;
}

/* Draws the frame line that begins here as one line. Returns its number of cells, or 0 if no frame
 * line begins here. */
static int write_long_line(struct terminal *terminal, int row, int start, double top,
			   const struct look *look, FILE *out)
{
	int end = start;
	struct terminal_cell cell;

	while (terminal_cell(terminal, row, end, &cell) && strcmp(cell.text, "─") == 0) {
		struct look other = look_of(&cell);

		if (!rgb_equal(other.foreground, look->foreground))
			break;
		end++;
	}
	if (end - start < 2)
		return 0;
	fprintf(out, "<path d=\"M%.1f %.1fH%.1f", PADDING + start * CELL_WIDTH,
		top + CELL_HEIGHT / 2.0, PADDING + end * CELL_WIDTH);
	stroke(out, look->foreground, 1.2);
	return end - start;
}

static int write_run(struct terminal *terminal, int row, int start, double top, FILE *out)
{
	struct terminal_cell cell;
	struct look look;
	double x = PADDING + start * CELL_WIDTH;
	int count;

	terminal_cell(terminal, row, start, &cell);
	look = look_of(&cell);
	if (cell.width == 0 || (strcmp(cell.text, " ") == 0 && !look.underline))
		return 1;
	if (!is_plain(&cell)) {
		count = write_long_line(terminal, row, start, top, &look, out);
		if (count)
			return count;
		if (draw_sign(out, cell.text, x, top, &look))
			return 1;
		open_text(out, x + CELL_WIDTH * cell.width / 2, top, &look);
		fputs(" text-anchor=\"middle\">", out);
		write_escaped(out, cell.text);
		fputs("</text>\n", out);
		return cell.width;
	}
	count = run_length(terminal, row, start, &look);
	open_text(out, x, top, &look);
	fprintf(out, " textLength=\"%.1f\">", count * CELL_WIDTH);
	for (int column = start; column < start + count; column++) {
		terminal_cell(terminal, row, column, &cell);
		write_escaped(out, cell.text);
	}
	fputs("</text>\n", out);
	return count;
}

static void write_cursor(struct terminal *terminal, double top, FILE *out)
{
	int row;
	int column;

	if (terminal_modes(terminal)->cursor_hidden)
		return;
	terminal_cursor(terminal, &row, &column);
	fprintf(out, "<g opacity=\"0.6\">\n");
	rectangle(out, PADDING + column * CELL_WIDTH, top + row * CELL_HEIGHT, CELL_WIDTH,
		  CELL_HEIGHT, default_foreground);
	fprintf(out, "</g>\n");
}

static void write_title_bar(double width, const char *title, FILE *out)
{
	static const struct rgb lights[] = {
		{0xf0, 0x6c, 0x75}, {0xe8, 0xc0, 0x6a}, {0x8f, 0xc9, 0x6b}};

	fprintf(out, "<path d=\"M0 %d V%d a%d %d 0 0 1 %d -%d H%.0f a%d %d 0 0 1 %d %d V%d z\"",
		TITLE_BAR, RADIUS, RADIUS, RADIUS, RADIUS, RADIUS, width - RADIUS, RADIUS, RADIUS,
		RADIUS, RADIUS, TITLE_BAR);
	write_color(out, "fill", title_background);
	fputs("/>\n", out);
	for (int i = 0; i < 3; i++) {
		fprintf(out, "<circle cx=\"%d\" cy=\"%d\" r=\"5.5\"", 20 + i * 19, TITLE_BAR / 2);
		write_color(out, "fill", lights[i]);
		fputs("/>\n", out);
	}
	fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" opacity=\"0.75\">",
		width / 2, TITLE_BAR / 2 + 5);
	write_escaped(out, title);
	fputs("</text>\n", out);
}

/* Returns the colour around the cells: that of the upper right corner, which a program that paints
 * its own background has painted, too. */
static struct rgb ground_of(struct terminal *terminal)
{
	struct terminal_cell cell;

	return terminal_cell(terminal, 0, terminal_columns(terminal) - 1, &cell)
		       ? look_of(&cell).background
		       : default_background;
}

void terminal_write_svg(struct terminal *terminal, const char *title, FILE *out)
{
	double width = PADDING * 2 + terminal_columns(terminal) * CELL_WIDTH;
	double top = title ? TITLE_BAR + PADDING / 2.0 : PADDING;
	double height = top + terminal_rows(terminal) * CELL_HEIGHT + PADDING;
	struct rgb ground = ground_of(terminal);

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" font-family=\"%s\" font-size=\"%d\"",
		width, height, width, height, FONTS, FONT_SIZE);
	write_color(out, "fill", default_foreground);
	fputs(" xml:space=\"preserve\" role=\"img\"", out);
	fputs(">\n<title>", out);
	write_escaped(out, title ? title : "terminal");
	fprintf(out, "</title>\n<rect width=\"%.0f\" height=\"%.0f\" rx=\"%d\"", width, height,
		RADIUS);
	write_color(out, "fill", ground);
	fputs("/>\n", out);
	if (title)
		write_title_bar(width, title, out);
	for (int row = 0; row < terminal_rows(terminal); row++) {
		double y = top + row * CELL_HEIGHT;

		write_backgrounds(terminal, row, y, ground, out);
		for (int column = 0; column < terminal_columns(terminal);)
			column += write_run(terminal, row, column, y, out);
	}
	write_cursor(terminal, top, out);
	fputs("</svg>\n", out);
}
