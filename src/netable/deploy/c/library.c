/* Functions of which an exported file has those that it calls. */

static int place_of_text(const char *text, const char *const *texts, int count)
{
    int low = 0, high = count;

    while (low < high) {
        int middle = low + (high - low) / 2, order = strcmp(text, texts[middle]);

        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

static int place_of_number(double number, const double *numbers, int count)
{
    int low = 0, high = count;

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && numbers[low] == number ? low : -1;
}

static int place_of_whole(int64_t number, const int64_t *numbers, int count)
{
    int low = 0, high = count;

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && numbers[low] == number ? low : -1;
}

/* The code of a level: 0 for missing, 1 for one that was never seen. */
static int code_at(int place, const int *codes)
{
    return place < 0 ? 1 : codes[place];
}

static double flag_at(int place, const double *flags)
{
    return place < 0 ? NAN : flags[place];
}

/* Whether a text is a word in any case; each letter of the word is a list of its forms, up to a null. */
static int is_spelled(const char *text, const char *const *forms)
{
    while (*forms) {
        int found = 0;

        for (; *forms; forms++) {
            size_t length = strlen(*forms);

            if (!found && strncmp(text, *forms, length) == 0) {
                text += length;
                found = 1;
            }
        }
        if (!found)
            return 0;
        forms++;
    }
    return *text == '\0';
}

static void put_number(double number, double offset, int place, struct encoded *encoded)
{
    double kept = isnan(number) ? 0 : number - offset;

    encoded->missing[place] = isnan(number) != 0;
    if (kept > LARGEST)
        kept = LARGEST;
    if (kept < -LARGEST)
        kept = -LARGEST;
    encoded->numbers[place] = (real)kept;
}

static int64_t floored(int64_t number, int64_t divisor)
{
    return number / divisor - (number % divisor < 0);
}

/* Days, the year, and the circles of season and weekday. Years begin in March within, so that a leap day ends its year
   (H. Hinnant 2013, "chrono-Compatible Low-Level Date Algorithms"). */
static void day_numbers(int64_t moment, double *numbers)
{
    int64_t day = floored(moment, DAY), since = day + 719468, era = floored(since, 146097);
    int64_t in_era = since - 146097 * era;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t weekday = day + 3 - 7 * floored(day + 3, 7);

    year += 400 * era;
    if (in_year >= 306) {
        in_year -= 306;
        year++;
    } else {
        in_year += 59 + ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0);
    }
    numbers[0] = (double)day;
    numbers[1] = (double)year;
    numbers[2] = season[2 * in_year];
    numbers[3] = season[2 * in_year + 1];
    numbers[4] = week[2 * weekday];
    numbers[5] = week[2 * weekday + 1];
}

static void time_numbers(int64_t moment, double *numbers)
{
    int64_t in_day = moment - DAY * floored(moment, DAY);
    double angle = TURN * ((double)in_day / (double)DAY);

    numbers[0] = (double)moment / (double)DAY;
    numbers[6] = in_day % MINUTE ? sin(angle) : hours[2 * (in_day / MINUTE)];
    numbers[7] = in_day % MINUTE ? cos(angle) : hours[2 * (in_day / MINUTE) + 1];
}

static void put_day(int64_t moment, const double *offsets, int place, struct encoded *encoded)
{
    double numbers[6];
    int i;

    if (moment != NO_DATE)
        day_numbers(moment, numbers);
    for (i = 0; i < 6; i++)
        put_number(moment == NO_DATE ? NAN : numbers[i], offsets[i], place + i, encoded);
}

static void put_moment(int64_t moment, const double *offsets, int place, struct encoded *encoded)
{
    double numbers[8];
    int i;

    if (moment != NO_DATE) {
        day_numbers(moment, numbers);
        time_numbers(moment, numbers);
    }
    for (i = 0; i < 8; i++)
        put_number(moment == NO_DATE ? NAN : numbers[i], offsets[i], place + i, encoded);
}

/* The code of a number among the levels that these limits divide. */
static int code_of_level(const struct encoded *row, int column, const real *cuts, int count)
{
    int low = 0, high = count;

    if (row->missing[column])
        return 0;
    while (low < high) {
        int middle = low + (high - low) / 2;

        if (cuts[middle] < row->numbers[column])
            low = middle + 1;
        else
            high = middle;
    }
    return 2 + low;
}

static void scale_numbers(const struct encoded *row, const real *center, const real *scale, int count, real *x)
{
    int i;

    for (i = 0; i < count; i++)
        x[i] = row->missing[i] ? 0 : (row->numbers[i] - center[i]) / scale[i];
}

/* The means of a row, a place for each group of `width` means. */
static void scale_means(const real *means, const int *places, const real *center, const real *scale, int groups,
                        int width, real *x)
{
    int i, k;

    for (i = 0; i < groups; i++)
        for (k = 0; k < width; k++, x++, center++, scale++)
            *x = (means[places[i] * width + k] - *center) / *scale;
}

static void bound_numbers(real *x, int count)
{
    int i;

    for (i = 0; i < count; i++)
        x[i] = x[i] > FARTHEST ? FARTHEST : x[i] < -FARTHEST ? -FARTHEST : x[i];
}

/* Functions in the precision of the networks, of which that for float is the faster one. */
static real root(real x)
{
    return sizeof(real) == sizeof(float) ? (real)sqrtf((float)x) : (real)sqrt(x);
}

static real cosine(real angle)
{
    return sizeof(real) == sizeof(float) ? (real)cosf((float)angle) : (real)cos(angle);
}

static void smooth_numbers(real *x, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        real third = x[i] / 3;

        x[i] *= 1 / root(1 + third * third);
    }
}

/* A row of weights and its factor, of which a linear map is a sum. */
static void put_term(struct terms *terms, real factor, int row)
{
    terms->factors[terms->count] = factor;
    terms->rows[terms->count] = row;
    terms->count += factor != 0;
}

/* The sum of all terms, four rows at once. Compilers make vectors of loops of a constant length. */
static void add_terms(struct terms *terms, const real *weight, int width, real *restrict y)
{
    int i, j, k;

    for (i = 0; i < 3; i++) {
        terms->factors[terms->count + i] = 0;
        terms->rows[terms->count + i] = 0;
    }
    for (i = 0; i < terms->count; i += 4) {
        const real *factors = terms->factors + i;
        const int *rows = terms->rows + i;
        const real p = factors[0], q = factors[1], r = factors[2], s = factors[3];
        const real *a = weight + rows[0] * width, *b = weight + rows[1] * width;
        const real *c = weight + rows[2] * width, *d = weight + rows[3] * width;

        for (j = 0; j + 8 <= width; j += 8)
            for (k = 0; k < 8; k++)
                y[j + k] += p * a[j + k] + q * b[j + k] + r * c[j + k] + s * d[j + k];
        for (; j < width; j++)
            y[j] += p * a[j] + q * b[j] + r * c[j] + s * d[j];
    }
}

static void put_numbers(const real *x, int count, int row, struct terms *terms)
{
    int i;

    for (i = 0; i < count; i++)
        put_term(terms, x[i], row + i);
}

/* Add a linear map of x. */
static void add_linear(const real *x, int count, const real *weight, int width, real *y)
{
    struct terms terms;

    terms.count = 0;
    put_numbers(x, count, 0, &terms);
    add_terms(&terms, weight, width, y);
}

static void put_flags(const struct encoded *encoded, int count, int row, struct terms *terms)
{
    int i;

    for (i = 0; i < count; i++)
        put_term(terms, encoded->missing[i], row + i);
}

/* The place of the code of a column among those that a member knows. */
static int known_place(const struct encoded *row, int column, int start, const int *position)
{
    return position[start + row->codes[column]];
}

/* A number lies in one bin of its column. The rows are the map of all of its bins at the edges, linear between them. */
static void put_bins(const real *x, const int *columns, int count, const real *middle, const real *slope, int bins,
                     int row, struct terms *terms)
{
    int i, k;

    for (i = 0; i < count; i++, middle += bins, slope += bins, row += bins + 1) {
        real number = x[columns[i]], place;
        int bin = 0;

        for (k = 0; k < bins - 1; k++)
            bin += (number - middle[k]) * slope[k] >= (real)0.5;
        place = (number - middle[bin]) * slope[bin];
        place = place > (real)0.5 ? (real)0.5 : place < (real)-0.5 ? (real)-0.5 : place;
        put_term(terms, (real)0.5 - place, row + bin);
        put_term(terms, (real)0.5 + place, row + bin + 1);
    }
}

static void put_waves(const real *x, int count, const real *frequency, const real *phase, int waves, int row,
                      struct terms *terms)
{
    int i, k;

    for (i = 0; i < count; i++)
        for (k = 0; k < waves; k++, frequency++, phase++, row++)
            put_term(terms, cosine((real)TURN * (*phase + x[i] * *frequency)), row);
}
