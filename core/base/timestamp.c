/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/timestamp.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define SECONDS_PER_DAY 86400

/*
 * The functions count days of the proleptic Gregorian calendar from 1 March of year 0, so that the
 * leap day is the last day of a year. An era is 400 years. Day 719468 is 1970-01-01.
 */
#define DAYS_PER_ERA 146097
#define EPOCH_DAY    719468

/* Writes the two digits of a value below 100. */
static inline void timestamp_put_pair(char *at, uint32_t value)
{
	at[0] = (char)('0' + value / 10);
	at[1] = (char)('0' + value % 10);
}

/*
 * Runs for each line of JSON. The date follows Neri and Schneider, "Euclidean affine functions and
 * their application to calendar algorithms" (2022): multiplications instead of divisions.
 */
size_t timestamp_format(uint64_t unix_ns, char text[TIMESTAMP_TEXT_SIZE])
{
	static const char form[] = "0000-00-00T00:00:00.000000000Z";
	uint64_t seconds = unix_ns / NS_PER_SECOND;
	uint32_t ns = (uint32_t)(unix_ns % NS_PER_SECOND);
	uint32_t second_of_day = (uint32_t)(seconds % SECONDS_PER_DAY);
	uint32_t quarter_days = 4 * ((uint32_t)(seconds / SECONDS_PER_DAY) + EPOCH_DAY) + 3;
	uint32_t century = quarter_days / DAYS_PER_ERA;
	uint64_t years = 2939745ull * (quarter_days % DAYS_PER_ERA | 3); /* in units of 2^-32 */
	uint32_t day_of_year = (uint32_t)years / (4 * 2939745u);
	uint32_t months = 2141 * day_of_year + 197913; /* in units of 2^-16 */
	bool is_next_year = day_of_year >= 306;        /* January or February */
	uint32_t month = (months >> 16) - (is_next_year ? 12 : 0);
	uint32_t year = 100 * century + (uint32_t)(years >> 32) + is_next_year;

	memcpy(text, form, sizeof(form));
	timestamp_put_pair(text, year / 100);
	timestamp_put_pair(text + 2, year % 100);
	timestamp_put_pair(text + 5, month);
	timestamp_put_pair(text + 8, (months & 0xffff) / 2141 + 1);
	timestamp_put_pair(text + 11, second_of_day / 3600);
	timestamp_put_pair(text + 14, second_of_day / 60 % 60);
	timestamp_put_pair(text + 17, second_of_day % 60);
	text[20] = (char)('0' + ns / 100000000);
	timestamp_put_pair(text + 21, ns / 1000000 % 100);
	timestamp_put_pair(text + 23, ns / 10000 % 100);
	timestamp_put_pair(text + 25, ns / 100 % 100);
	timestamp_put_pair(text + 27, ns % 100);
	return sizeof(form) - 1;
}

struct timestamp_reader {
	const char *at;
	const char *end;
};

/* Reads exactly `width` digits. */
static bool timestamp_read_digits(struct timestamp_reader *reader, size_t width,
				  unsigned int *value)
{
	unsigned int sum = 0;

	if ((size_t)(reader->end - reader->at) < width)
		return false;
	for (size_t i = 0; i < width; i++) {
		char c = *reader->at++;
		if (c < '0' || c > '9')
			return false;
		sum = sum * 10 + (unsigned int)(c - '0');
	}
	*value = sum;
	return true;
}

/* Reads one character that is in `set`. */
static bool timestamp_read_any(struct timestamp_reader *reader, const char *set, char *found)
{
	if (reader->at == reader->end)
		return false;
	for (; *set != '\0'; set++) {
		if (*reader->at == *set) {
			reader->at++;
			if (found)
				*found = *set;
			return true;
		}
	}
	return false;
}

static unsigned int timestamp_days_in_month(unsigned int year, unsigned int month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static int64_t timestamp_day_number(unsigned int year, unsigned int month, unsigned int day)
{
	int64_t march_year = (int64_t)year - (month <= 2);
	int64_t era = (march_year >= 0 ? march_year : march_year - 399) / 400;
	int64_t year_of_era = march_year - era * 400;
	int64_t month_from_march = month > 2 ? (int64_t)month - 3 : (int64_t)month + 9;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + (int64_t)day - 1;

	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - EPOCH_DAY;
}

static bool timestamp_read_date(struct timestamp_reader *reader, int64_t *seconds)
{
	unsigned int year;
	unsigned int month;
	unsigned int day;

	if (!timestamp_read_digits(reader, 4, &year) || !timestamp_read_any(reader, "-", NULL) ||
	    !timestamp_read_digits(reader, 2, &month) || !timestamp_read_any(reader, "-", NULL) ||
	    !timestamp_read_digits(reader, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > timestamp_days_in_month(year, month))
		return false;
	*seconds = timestamp_day_number(year, month, day) * SECONDS_PER_DAY;
	return true;
}

/* A leap second (RFC 3339 section 5.7) becomes the second after it: Unix time has no number for
 * it. */
static bool timestamp_read_clock(struct timestamp_reader *reader, int64_t *seconds)
{
	unsigned int hour;
	unsigned int minute;
	unsigned int second;

	if (!timestamp_read_digits(reader, 2, &hour) || !timestamp_read_any(reader, ":", NULL) ||
	    !timestamp_read_digits(reader, 2, &minute) || !timestamp_read_any(reader, ":", NULL) ||
	    !timestamp_read_digits(reader, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*seconds += (int64_t)hour * 3600 + (int64_t)minute * 60 + (int64_t)second;
	return true;
}

static bool timestamp_read_fraction(struct timestamp_reader *reader, uint64_t *ns)
{
	uint64_t unit = NS_PER_SECOND / 10;
	const char *start;

	*ns = 0;
	if (!timestamp_read_any(reader, ".", NULL))
		return true;
	for (start = reader->at; reader->at < reader->end; reader->at++) {
		if (*reader->at < '0' || *reader->at > '9')
			break;
		*ns += unit * (uint64_t)(*reader->at - '0');
		unit /= 10;
	}
	return reader->at > start;
}

static bool timestamp_read_offset(struct timestamp_reader *reader, int64_t *seconds)
{
	unsigned int hours;
	unsigned int minutes;
	char sign;

	if (timestamp_read_any(reader, "Zz", NULL))
		return true;
	if (!timestamp_read_any(reader, "+-", &sign) || !timestamp_read_digits(reader, 2, &hours) ||
	    !timestamp_read_any(reader, ":", NULL) || !timestamp_read_digits(reader, 2, &minutes))
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	int64_t offset = (int64_t)hours * 3600 + (int64_t)minutes * 60;
	*seconds -= sign == '+' ? offset : -offset;
	return true;
}

int timestamp_parse(const char *text, size_t length, uint64_t *unix_ns)
{
	struct timestamp_reader reader = {.at = text, .end = text + length};
	int64_t seconds;
	uint64_t ns;
	uint64_t result;

	if (!timestamp_read_date(&reader, &seconds) || !timestamp_read_any(&reader, "Tt ", NULL) ||
	    !timestamp_read_clock(&reader, &seconds) || !timestamp_read_fraction(&reader, &ns) ||
	    !timestamp_read_offset(&reader, &seconds) || reader.at != reader.end)
		return -EINVAL;
	if (seconds < 0 || __builtin_mul_overflow((uint64_t)seconds, NS_PER_SECOND, &result) ||
	    __builtin_add_overflow(result, ns, &result))
		return -EINVAL;
	*unix_ns = result;
	return 0;
}
